//! What is drawn.

use rand::RngExt;

use super::register;
use crate::testing::{CASES, domain, stream, total};
use crate::{RegisterConfig, UNDEFINED};

/// Property 2: from one object everything accepted comes back as that object, whatever part of it the cue has.
#[test]
fn one_object_is_all_that_comes_back() {
    for case in 0..CASES {
        let rng = &mut stream("one object", case);
        let domain = domain(rng);
        let object = total(rng, domain, 1);
        let mut register = register(domain);
        let times = rng.random_range(1..4);
        register.register(&object.repeat(times)).unwrap();
        assert_eq!(register.entropy(), 0.0);
        let mut cue = object.clone();
        for level in &mut cue {
            if rng.random_bool(0.4) {
                *level = UNDEFINED;
            }
        }
        assert_eq!(register.retrieve(&cue, rng).unwrap(), Some(object.clone()));
        // Forgiven columns have the object's value too.
        register.set_tolerances(0.0, 0.0, domain.columns).unwrap();
        let cue = total(rng, domain, 1);
        assert_eq!(register.retrieve(&cue, rng).unwrap(), Some(object));
    }
}

/// Property 14: sigma from the cue's value to the marginal of the column.
#[test]
fn sigma_reaches_from_the_cue_to_the_marginal() {
    for case in 0..CASES {
        let rng = &mut stream("sigma", case);
        let domain = domain(rng);
        let objects = total(rng, domain, 5);
        let cue = &objects[..domain.columns];
        let at = |sigma: f64, cue: &[u16]| {
            let config = RegisterConfig {
                sigma,
                ..RegisterConfig::new(domain)
            };
            let mut register = config.init().unwrap();
            register.register(&objects).unwrap();
            register.distribution(cue).unwrap()
        };
        let marginal = at(0.1, &vec![UNDEFINED; domain.columns]);
        let objects_of = |i: usize, k: usize| {
            let column = objects.iter().skip(i).step_by(domain.columns);
            column.filter(|&&level| usize::from(level) == k).count()
        };
        for (cell, (wide, share)) in at(1e9, cue).iter().zip(&marginal).enumerate() {
            let expected = objects_of(cell / domain.rows, cell % domain.rows) as f64 / 5.0;
            assert!((share - expected).abs() < 1e-12 && (wide - expected).abs() < 1e-9);
        }
        for (cell, narrow) in at(1e-3, cue).iter().enumerate() {
            let hit = usize::from(cue[cell / domain.rows]) == cell % domain.rows;
            assert_eq!(*narrow, f64::from(u8::from(hit)));
        }
    }
}
