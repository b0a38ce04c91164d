//! Affine maps of channels.

/// `x = linear m + offset` at every site.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelMap {
    /// `[C out, C in]`, row by row.
    pub linear: Vec<f32>,
    /// What is added, `[C out]`.
    pub offset: Vec<f32>,
}

/// The same, in registers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Affine<const C: usize> {
    pub(super) linear: [[f32; C]; C],
    pub(super) offset: [f32; C],
}

impl<const C: usize> From<Affine<C>> for ChannelMap {
    fn from(map: Affine<C>) -> Self {
        Self {
            linear: map.linear.as_flattened().to_vec(),
            offset: map.offset.to_vec(),
        }
    }
}

/// Added to the diagonal of the normal equations.
const RIDGE: f64 = 1e-2;
/// Singular values below this count as this.
const LEAST: f64 = 0.05;
/// Most channels and the offset.
pub(super) const MOST: usize = 5;

impl<const C: usize> Affine<C> {
    /// The map that changes nothing.
    pub(super) fn identity() -> Self {
        Self {
            linear: std::array::from_fn(|row| {
                std::array::from_fn(|column| f32::from(row == column))
            }),
            offset: [0.0; C],
        }
    }

    /// The least squares of the normal equations: `gram [C + 1, C + 1]` of the inputs and 1, `cross [C + 1, C]`
    /// of inputs and outputs. `None` where they have no finite solution.
    pub(super) fn solve(gram: &[[f64; MOST]; MOST], cross: &[[f64; C]; MOST]) -> Option<Self> {
        let (mut left, mut right) = (*gram, *cross);
        for (at, row) in left.iter_mut().enumerate().take(C + 1) {
            row[at] += RIDGE;
        }
        for pivot in 0..=C {
            let best = (pivot..=C)
                .max_by(|&a, &b| left[a][pivot].abs().total_cmp(&left[b][pivot].abs()))?;
            left.swap(pivot, best);
            right.swap(pivot, best);
            let (above, below) = left.split_at_mut(pivot + 1);
            let (known, unknown) = right.split_at_mut(pivot + 1);
            let (above, known) = (&above[pivot], &known[pivot]);
            for (row, values) in below.iter_mut().zip(unknown).take(C - pivot) {
                let factor = row[pivot] / above[pivot];
                for (entry, pivotal) in row.iter_mut().zip(above) {
                    *entry -= factor * pivotal;
                }
                for (entry, pivotal) in values.iter_mut().zip(known) {
                    *entry -= factor * pivotal;
                }
            }
        }
        for row in (0..=C).rev() {
            let (own, solved) = right.split_at_mut(row + 1);
            let factors = &left[row][row + 1..=C];
            for (column, value) in own[row].iter_mut().enumerate() {
                let known: f64 = factors
                    .iter()
                    .zip(&*solved)
                    .map(|(f, x)| f * x[column])
                    .sum();
                *value = (*value - known) / left[row][row];
            }
        }
        let finite = right[..=C]
            .iter()
            .flatten()
            .all(|value| (*value as f32).is_finite());
        finite.then(|| Self {
            linear: std::array::from_fn(|out| {
                std::array::from_fn(|input| right[input][out] as f32)
            }),
            offset: std::array::from_fn(|out| right[C][out] as f32),
        })
    }

    /// How far the linear part is from a scaled rotation: the squared distance of the logarithms of its
    /// singular values from their mean.
    pub(super) fn spread(&self) -> f64 {
        let linear = &self.linear;
        let product = |row: usize, column: usize| {
            (0..C)
                .map(|k| f64::from(linear[k][row]) * f64::from(linear[k][column]))
                .sum()
        };
        let square: [[f64; C]; C] =
            std::array::from_fn(|row| std::array::from_fn(|column| product(row, column)));
        let logs = eigenvalues(square).map(|value| value.max(0.0).sqrt().max(LEAST).ln());
        let mean = logs.iter().sum::<f64>() / C as f64;
        logs.iter().map(|log| (log - mean).powi(2)).sum()
    }
}

/// Eigenvalues of a symmetric matrix, by Jacobi's rotations.
fn eigenvalues<const C: usize>(mut matrix: [[f64; C]; C]) -> [f64; C] {
    // Convergence is quadratic: for so few rows, this many sweeps end at rounding.
    for _ in 0..12 {
        for p in 0..C {
            for q in p + 1..C {
                if matrix[p][q] == 0.0 {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = tangent * cosine;
                for row in &mut matrix {
                    let (a, b) = (row[p], row[q]);
                    (row[p], row[q]) = (cosine * a - sine * b, sine * a + cosine * b);
                }
                let (upper, lower) = matrix.split_at_mut(q);
                for (a, b) in upper[p].iter_mut().zip(&mut lower[0]) {
                    (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
                }
            }
        }
    }
    std::array::from_fn(|at| matrix[at][at])
}
