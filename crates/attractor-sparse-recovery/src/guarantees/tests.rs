use faer::Mat;

use super::*;
use crate::ensembles::{self, Ensemble, Weights, left_regular};
use crate::linalg::from_rows;
use crate::recovery::linear;

/// One row of ones: two columns are dependent, an entry can never be told from another.
#[test]
fn what_is_known_by_hand() {
    let ones = from_rows(&[1.0; 4], 4).unwrap();
    let circuits = Circuits::of(ones.as_ref()).unwrap();
    assert_eq!(circuits.spark(), 2);
    assert!((circuits.null_space_constant(1) - 1.0).abs() < 1e-12);
    assert_eq!(circuits.recovered(1).unwrap(), (0, 4));
    assert_eq!(coherence(ones.as_ref()), 1.0);
    assert_eq!(coherence_bound(1.0, 4), 0);
    // Orthonormal columns: everything is recovered.
    let identity = Mat::<f64>::identity(3, 3);
    let circuits = Circuits::of(identity.as_ref()).unwrap();
    assert_eq!((circuits.spark(), circuits.recovered(2).unwrap().0), (4, 6));
    assert_eq!(coherence_bound(coherence(identity.as_ref()), 3), 3);
    let isometry = restricted_isometry(identity.as_ref(), 2).unwrap();
    assert!(isometry.delta.abs() < 1e-12);
}

/// The verdict of circuits is that of the certificate's linear program.
#[test]
fn circuits_agree_with_certificates() {
    let own = ensembles::subspace(Ensemble::Gaussian, 10, 4, 3).unwrap();
    let circuits = Circuits::of(own.constraints()).unwrap();
    assert_eq!(circuits.spark(), 7);
    for index in 0..60 {
        let signs =
            ensembles::sparse_error(10, 1 + index % 4, Weights::Sign, 1, index as u64).unwrap();
        let least = linear::smallest_certificate(own.constraints(), &signs).unwrap();
        let certified = least.is_some_and(|off| off < 1.0);
        assert_eq!(circuits.recovers(&signs).unwrap(), certified, "{least:?}");
    }
    // The constant decides about all errors at once.
    for t in 1..5 {
        let (good, all) = circuits.recovered(t).unwrap();
        assert_eq!(good == all, circuits.null_space_constant(t) < 1.0);
    }
}

#[test]
fn graphs_expand() {
    let graph = left_regular((12, 18), 3, 1, Weights::Sign, 1).unwrap();
    let one = expansion(&graph, 1).unwrap();
    assert_eq!((one.neighbours, one.unique), (3, 3));
    let two = expansion(&graph, 2).unwrap();
    // Two columns share at most one constraint.
    assert!(two.neighbours >= 5 && two.unique >= 4);
}

/// `x_1 = x_2` in {-1, 0, 1}: three points of nine.
#[test]
fn whole_numbers_are_counted() {
    let points = integer_points(&[vec![1, -1]], 2, 1).unwrap();
    assert_eq!(
        (points.kernel, points.largest_coset, points.total),
        (3, 3, 9)
    );
    assert!((coset_bound((1, 2), 1, 2) - 9.0 / 5.0).abs() < 1e-12);
    assert!(coset_bound((1, 2), 1, 2) <= points.largest_coset as f64);
}

#[test]
fn too_many_subsets_are_refused() {
    let wide = Mat::<f64>::zeros(3, 200);
    let message = restricted_isometry(wide.as_ref(), 10)
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("subsets: must be at most 20000000"),
        "{message}"
    );
    let message = restricted_isometry(wide.as_ref(), 0)
        .unwrap_err()
        .to_string();
    assert!(message.starts_with("size of a subset"), "{message}");
    assert!(integer_points(&[], 40, 3).is_err());
}
