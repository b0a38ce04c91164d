//! The best of what is offered, in order.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A pattern and what it is ranked by. The greater of two has the higher rank, or the lower index at equal ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) rank: f64,
    pub(crate) index: usize,
}

impl Eq for Found {}

impl Ord for Found {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_rank = self.rank.total_cmp(&other.rank);
        by_rank.then(other.index.cmp(&self.index))
    }
}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The best that were offered, `most` at most.
#[derive(Debug, Clone)]
pub(crate) struct Best {
    most: usize,
    heap: BinaryHeap<Reverse<Found>>,
}

impl Best {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            heap: BinaryHeap::new(),
        }
    }

    pub(crate) fn offer(&mut self, found: Found) {
        if self.heap.len() < self.most {
            self.heap.push(Reverse(found));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && found > worst.0
        {
            *worst = Reverse(found);
        }
    }

    /// The rank of the worst, once there is no room left.
    pub(crate) fn floor(&self) -> Option<f64> {
        let worst = self.heap.peek().filter(|_| self.heap.len() == self.most);
        worst.map(|worst| worst.0.rank)
    }

    pub(crate) fn join(&mut self, other: Self) {
        other.heap.into_iter().for_each(|found| self.offer(found.0));
    }

    /// The best first.
    pub(crate) fn sorted(self) -> Vec<Found> {
        let sorted = self.heap.into_sorted_vec();
        sorted.into_iter().map(|found| found.0).collect()
    }
}
