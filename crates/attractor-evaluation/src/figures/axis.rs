//! Ranges and ticks.

/// Maps data to pixels along one direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    log: bool,
}

impl Axis {
    /// An axis over at least `values`, drawn from pixel `from` to pixel `to`.
    pub(super) fn over(
        values: impl Iterator<Item = f64> + Clone,
        fixed: Option<(f64, f64)>,
        log: bool,
        from: f64,
        to: f64,
    ) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(f64::NEG_INFINITY, f64::max);
        let (mut low, mut high) = fixed.unwrap_or((low, high));
        if !(low.is_finite() && high.is_finite()) {
            (low, high) = (0.0, 1.0);
        }
        if log {
            // Whole decades, so that at least two ticks are labelled.
            low = 10_f64.powf(low.log10().floor());
            high = 10_f64.powf(high.log10().ceil());
            if high <= low {
                high = low * 10.0;
            }
        } else if high - low < 1e-12 * high.abs().max(1.0) {
            // A constant: give it room on both sides.
            let room = high.abs().max(1.0) * 0.5;
            (low, high) = (low - room, high + room);
        } else if fixed.is_none() {
            let room = (high - low) * 0.05;
            (low, high) = (low - room, high + room);
        }
        Self {
            low,
            high,
            from,
            to,
            log,
        }
    }

    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            (value / self.low).log10() / (self.high / self.low).log10()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }

    /// Values of ticks with their labels.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        if self.log {
            let decades = (self.low.log10().round() as i32)..=(self.high.log10().round() as i32);
            let step = decades.clone().count().div_ceil(7).max(1);
            return decades
                .step_by(step)
                .map(|power| (10_f64.powi(power), label(10_f64.powi(power))))
                .collect();
        }
        let raw = (self.high - self.low) / 5.0;
        let decade = 10_f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * decade)
            .find(|step| *step >= raw * 0.999)
            .unwrap_or(10.0 * decade);
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        let digits = (-step.log10().floor()).max(0.0) as usize;
        (first..=last)
            .map(|index| {
                let value = index as f64 * step;
                let plain = (1e-4..1e6).contains(&step) || value == 0.0;
                (
                    value,
                    if plain {
                        format!("{value:.digits$}")
                    } else {
                        label(value)
                    },
                )
            })
            .collect()
    }
}

/// A short number: plain near 1, scientific elsewhere.
fn label(value: f64) -> String {
    if value == 0.0 || (1e-3..1e5).contains(&value.abs()) {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}
