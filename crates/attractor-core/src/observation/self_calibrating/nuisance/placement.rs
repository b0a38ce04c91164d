//! Where in the candidate a site of the cue lies.

use super::super::lanes::{Block, padded};
use super::Geometry;

/// What is done to the coordinates (row, column), measured from the middle, of the eight turns and flips.
const TURNS: [[[f32; 2]; 2]; 8] = [
    [[1.0, 0.0], [0.0, 1.0]],
    [[-1.0, 0.0], [0.0, -1.0]],
    [[1.0, 0.0], [0.0, -1.0]],
    [[-1.0, 0.0], [0.0, 1.0]],
    [[0.0, 1.0], [-1.0, 0.0]],
    [[0.0, -1.0], [1.0, 0.0]],
    [[0.0, 1.0], [1.0, 0.0]],
    [[0.0, -1.0], [-1.0, 0.0]],
];

/// A site of the cue at `u` from the middle shows the candidate at `turn u / zoom + shift` from its middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// One of eight: as it is, turned by half, mirrored in columns and in rows; then the four that exchange rows and
    /// columns: turned by a quarter either way and mirrored along a diagonal.
    pub turn: usize,
    /// How much larger the cue shows the candidate.
    pub zoom: f32,
    /// Rows and columns.
    pub shift: [f32; 2],
}

impl Placement {
    /// Nothing moved.
    pub const IDENTITY: Self = Self {
        turn: 0,
        zoom: 1.0,
        shift: [0.0, 0.0],
    };

    /// Where in the candidate, in rows and columns from its middle, lies what the cue shows at `place`.
    pub(super) fn source(&self, place: [f32; 2]) -> [f32; 2] {
        let matrix = &TURNS[self.turn];
        std::array::from_fn(|axis| {
            let turned = matrix[axis][0] * place[0] + matrix[axis][1] * place[1];
            turned / self.zoom + self.shift[axis]
        })
    }

    /// The four sites around each source with their shares; none where it lies outside.
    fn corners(&self, geometry: Geometry, site: usize) -> Option<[(usize, f32); 4]> {
        let size = [geometry.height, geometry.width];
        let middle = size.map(|count| (count - 1) as f32 / 2.0);
        let at = [site / geometry.width, site % geometry.width];
        let from = self.source(std::array::from_fn(|axis| at[axis] as f32 - middle[axis]));
        let mut low = [0; 2];
        let mut share = [0.0; 2];
        for axis in 0..2 {
            let place = from[axis] + middle[axis];
            let last = (size[axis] - 1) as f32;
            // A pixel reaches half a pixel beyond its middle.
            if !(-0.5..=last + 0.5).contains(&place) {
                return None;
            }
            let place = place.clamp(0.0, last);
            low[axis] = (place as usize).min(size[axis].saturating_sub(2));
            share[axis] = place - low[axis] as f32;
        }
        let corner = |down: usize, right: usize| {
            let row = (low[0] + down).min(size[0] - 1);
            let column = (low[1] + right).min(size[1] - 1);
            let part = |one: usize, share: f32| if one == 1 { share } else { 1.0 - share };
            (
                row * geometry.width + column,
                part(down, share[0]) * part(right, share[1]),
            )
        };
        Some([corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)])
    }

    /// What the candidate `[C, P]` shows at the sites of the cue, `[C, blocks]`, and where it shows anything.
    pub(in super::super) fn show(
        &self,
        geometry: Geometry,
        candidate: &[f32],
        counted: &[Block],
    ) -> (Vec<Block>, Vec<Block>, usize) {
        let sites = geometry.sites();
        let channels = candidate.len() / sites;
        let mut values = vec![0.0; candidate.len()];
        let mut inside = counted.as_flattened()[..sites].to_vec();
        for site in 0..sites {
            let Some(corners) = self.corners(geometry, site) else {
                inside[site] = 0.0;
                continue;
            };
            for c in 0..channels {
                let channel = &candidate[c * sites..(c + 1) * sites];
                let shown = corners.iter().map(|(from, share)| share * channel[*from]);
                values[c * sites + site] = shown.sum();
            }
        }
        let count = inside.iter().filter(|one| **one > 0.0).count();
        (
            padded(&values, channels, 0.0),
            padded(&inside, 1, 0.0),
            count,
        )
    }

    /// The adjoint of [`Placement::show`]: slopes `[C, P]` at the sites of the cue, brought to those of the candidate.
    pub(in super::super) fn back(&self, geometry: Geometry, slopes: &[f32]) -> Vec<f32> {
        let sites = geometry.sites();
        let mut all = vec![0.0; slopes.len()];
        for site in 0..sites {
            for (from, share) in self.corners(geometry, site).into_iter().flatten() {
                for c in 0..slopes.len() / sites {
                    all[c * sites + from] += share * slopes[c * sites + site];
                }
            }
        }
        all
    }
}
