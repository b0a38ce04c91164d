//! The order of slots with the smallest total cost.

/// Above this the table of subsets would outgrow its use.
pub(super) const MAX_SLOTS: usize = 12;

/// Dynamic programming over subsets: `slots * 2^slots` steps, exact.
#[derive(Debug, Clone)]
pub(super) struct Assignment {
    slots: usize,
    /// Smallest cost of giving the first slots of the state to a set of slots of the code.
    cost: Vec<f32>,
    /// The code's slot that the last of those took.
    last: Vec<u8>,
}

impl Assignment {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            slots,
            cost: vec![0.0; 1 << slots],
            last: vec![0; 1 << slots],
        }
    }

    /// Fills `order` so that slot `i` of the state goes with slot `order[i]` of the code, at the
    /// least sum of `cost[i * stride + order[i]]`; of equally good orders the same each time.
    pub(super) fn solve(&mut self, cost: &[f32], stride: usize, order: &mut [u8]) {
        let slots = self.slots;
        for set in 1_usize..1 << slots {
            let row = (set.count_ones() as usize - 1) * stride;
            let (mut best, mut taken) = (f32::INFINITY, 0);
            for slot in 0..slots {
                if set >> slot & 1 == 1 {
                    let total = self.cost[set & !(1 << slot)] + cost[row + slot];
                    if total < best {
                        (best, taken) = (total, slot as u8);
                    }
                }
            }
            self.cost[set] = best;
            self.last[set] = taken;
        }
        let mut set = (1_usize << slots) - 1;
        for slot in order.iter_mut().rev() {
            *slot = self.last[set];
            set &= !(1 << *slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn permutations(slots: usize) -> Vec<Vec<u8>> {
        if slots == 0 {
            return vec![vec![]];
        }
        let mut all = Vec::new();
        for shorter in permutations(slots - 1) {
            for at in 0..slots {
                let mut order = shorter.clone();
                order.insert(at, slots as u8 - 1);
                all.push(order);
            }
        }
        all
    }

    proptest! {
        #[test]
        fn no_order_is_cheaper(cost in proptest::collection::vec(0.0f32..9.0, 25), slots in 1usize..=5) {
            let total = |order: &[u8]| -> f32 {
                order.iter().enumerate().map(|(i, &j)| cost[i * 5 + j as usize]).sum()
            };
            let mut order = vec![0; slots];
            Assignment::new(slots).solve(&cost, 5, &mut order);
            let mut seen = order.clone();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..slots as u8).collect::<Vec<_>>());
            for other in permutations(slots) {
                prop_assert!(total(&order) <= total(&other) + 1e-5);
            }
        }
    }
}
