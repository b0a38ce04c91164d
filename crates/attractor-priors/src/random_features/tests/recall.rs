use super::*;

/// Far from everything stored the estimate is noise around 0: flagged, constant, at rest.
#[test]
fn states_below_the_floor_are_clipped() {
    let codes = binary(6, 3, 10, false);
    let mut memory = memory(&config(FeatureKind::SinCos, 3000, 50.0), 10);
    memory.store(tensor(&codes, 10)).unwrap();
    let far = near(&codes, 10, 3.0, 7);
    let states = Tensor::cat(vec![far, tensor(&codes, 10)], 0);
    let clipped = memory.clipped(states.clone()).unwrap();
    assert!(
        clipped[..3].contains(&true),
        "half of the far states lie below the floor on average"
    );
    assert_eq!(clipped[3..], [false; 3]);
    let (gradient, energy) = memory.gradient_with_energy(states.clone()).unwrap();
    let next = host(memory.attract(states.clone()).unwrap());
    let (gradient, energy, states) = (host(gradient), host(energy), host(states));
    let ceiling = -(1e-5f32.ln()) / 50.0;
    assert_eq!(memory.energy_ceiling(), Some(ceiling));
    for (row, &clipped) in clipped.iter().enumerate() {
        let at = row * 10..(row + 1) * 10;
        assert_eq!(energy[row] == ceiling, clipped);
        assert_eq!(gradient[at.clone()].iter().all(|&g| g == 0.0), clipped);
        assert!(!clipped || next[at.clone()] == states[at]);
    }
}

/// `attract` never raises the energy, whatever the noise; a lone pattern is found.
#[test]
fn attract_descends() {
    for kind in KINDS {
        for count in [30, 2000] {
            let codes = binary(8, 4, 6, true);
            let mut memory = memory(&config(kind, count, 12.0), 6);
            memory.store(tensor(&codes, 6)).unwrap();
            let mut state = near(&codes, 6, 0.15, 9);
            for _ in 0..10 {
                let (next, before) = memory.attract_with_energy(state).unwrap();
                let after = host(memory.energy(next.clone()).unwrap());
                for (after, before) in after.iter().zip(&host(before)) {
                    assert!(
                        *after <= before + 1e-6,
                        "{kind:?} {count}: {before} {after}"
                    );
                }
                state = next;
            }
        }
    }
    let code = binary(10, 1, 6, true);
    let mut memory = memory(&config(FeatureKind::SinCos, 20_000, 12.0), 6);
    memory.store(tensor(&code, 6)).unwrap();
    let mut state = near(&code, 6, 0.1, 11);
    for _ in 0..20 {
        state = memory.attract(state).unwrap();
    }
    // Section "limits" of the page: the error of one entry is sqrt(K / (2 Y beta)).
    let expected = (1.0f64 / (2.0 * 20_000.0 * 12.0)).sqrt() as f32;
    assert!(
        host(state)
            .iter()
            .zip(&code)
            .all(|(a, b)| (a - b).abs() < 4.0 * expected)
    );
}

/// A row alone equals the row in a batch, also where rows halve their steps differently.
#[test]
fn rows_are_independent() {
    let codes = binary(12, 5, 8, false);
    let mut memory = memory(&config(FeatureKind::SinCos, 300, 30.0), 8);
    memory.store(tensor(&codes, 8)).unwrap();
    let states = near(&codes, 8, 0.1, 13);
    let all = host(memory.attract(states.clone()).unwrap());
    for row in 0..5 {
        let one = host(memory.attract(states.clone().narrow(0, row, 1)).unwrap());
        assert_close(&one, &all[row * 8..(row + 1) * 8], 1e-5, "alone");
    }
}
