//! A cue beside a candidate, at every placement that is worth it.

use super::background::Background;
use super::fit::{Changes, Fit, fit, settle};
use super::lanes::{Block, padded};
use super::nuisance::{Geometry, Placement, Search, Seen};
use super::passes::{Scratch, View};
use crate::simd::Instructions;

/// What is looked for.
#[derive(Debug, Default)]
pub(super) struct Setup {
    pub(super) changes: Changes,
    pub(super) moves: Option<Moves>,
}

/// Placements, where sites may have moved.
#[derive(Debug)]
pub(super) struct Moves {
    pub(super) geometry: Geometry,
    pub(super) search: Search,
}

/// A cue, ready to be compared.
#[derive(Debug)]
pub(super) struct Cue {
    pub(super) background: Background,
    seen: Option<Seen>,
}

impl Cue {
    pub(super) fn new(cue: &[f32], background: Background, setup: &Setup) -> Self {
        let counted = background.counted.as_flattened();
        let seen = setup
            .moves
            .as_ref()
            .map(|moves| moves.search.cue(cue, counted));
        Self { background, seen }
    }
}

/// A candidate, ready to be compared with many cues.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    values: &'a [f32],
    pub(super) blocks: Vec<Block>,
    variants: Vec<(usize, f32, Seen)>,
}

impl<'a> Candidate<'a> {
    pub(super) fn new<const C: usize>(values: &'a [f32], setup: &Setup) -> Self {
        let moves = setup.moves.as_ref();
        Self {
            values,
            blocks: padded(values, C, 0.0),
            variants: moves.map_or_else(Vec::new, |moves| moves.search.variants(values)),
        }
    }

    /// What it shows at a placement, and where it shows anything.
    fn placed(&self, at: Placement, moves: &Moves, of: &Background) -> Placed {
        let (values, counted, sites) = at.show(moves.geometry, self.values, &of.counted);
        Placed {
            values,
            counted,
            sites,
        }
    }
}

/// What a candidate shows at the sites of a cue.
#[derive(Debug)]
pub(super) struct Placed {
    values: Vec<Block>,
    counted: Vec<Block>,
    sites: usize,
}

impl Placed {
    pub(super) fn view<'a>(&'a self, of: &'a Background) -> View<'a> {
        View {
            of,
            values: &self.values,
            counted: &self.counted,
            sites: self.sites,
        }
    }
}

impl Setup {
    /// The best fit over all placements, and its placement.
    pub(super) fn fit<const C: usize>(
        &self,
        isa: Instructions,
        cue: &Cue,
        candidate: &Candidate<'_>,
        scratch: &mut Scratch,
    ) -> (Placement, Fit<C>) {
        let of = &cue.background;
        let still = View::whole(of, &candidate.blocks);
        let found = fit::<C>(isa, still, &self.changes, scratch);
        let mut best = (Placement::IDENTITY, found.score, found);
        let Some((moves, seen)) = self.moves.as_ref().zip(cue.seen.as_ref()) else {
            return (best.0, best.2);
        };
        let mut at = |placement: Placement| {
            let placed = candidate.placed(placement, moves, of);
            let mut found = fit::<C>(isa, placed.view(of), &self.changes, scratch);
            found.score -= moves.search.choice;
            (found.score, found)
        };
        for placement in moves.search.best(seen, &candidate.variants) {
            let (score, found) = at(placement);
            if score > best.1 {
                best = (placement, score, found);
            }
        }
        let (placement, _, found) = moves.search.refine(best, at);
        (placement, found)
    }

    /// The same, gone on with until it rests; what the candidate shows then, if it moved.
    pub(super) fn settle<const C: usize>(
        &self,
        isa: Instructions,
        cue: &Cue,
        candidate: &Candidate<'_>,
        scratch: &mut Scratch,
    ) -> (Placement, Fit<C>, Option<Placed>) {
        let of = &cue.background;
        let still = View::whole(of, &candidate.blocks);
        let Some(moves) = &self.moves else {
            let found = settle::<C>(isa, still, &self.changes, scratch);
            return (Placement::IDENTITY, found, None);
        };
        let (placement, _) = self.fit::<C>(isa, cue, candidate, scratch);
        if placement == Placement::IDENTITY {
            let found = settle::<C>(isa, still, &self.changes, scratch);
            return (placement, found, None);
        }
        let placed = candidate.placed(placement, moves, of);
        let mut found = settle::<C>(isa, placed.view(of), &self.changes, scratch);
        found.score -= moves.search.choice;
        (placement, found, Some(placed))
    }

    /// Derivative of minus the score with respect to the candidate `[C, P]`.
    pub(super) fn slope<const C: usize>(
        &self,
        isa: Instructions,
        cue: &Cue,
        candidate: &Candidate<'_>,
        scratch: &mut Scratch,
        slope: &mut [f32],
    ) {
        let (placement, found, placed) = self.settle::<C>(isa, cue, candidate, scratch);
        let of = &cue.background;
        let view = placed.as_ref().map_or_else(
            || View::whole(of, &candidate.blocks),
            |placed| placed.view(of),
        );
        found.slope(view, self.changes.light.as_ref(), scratch, slope);
        if let Some(moves) = self.moves.as_ref().filter(|_| placed.is_some()) {
            let back = placement.back(moves.geometry, slope);
            slope.copy_from_slice(&back);
        }
    }
}
