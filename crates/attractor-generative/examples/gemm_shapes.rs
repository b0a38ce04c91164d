use std::time::Instant;
fn main() {
    for (m, k, n) in [
        (1024, 1024, 1024),
        (405, 256, 128),
        (125, 512, 256),
        (320, 288, 64),
    ] {
        let a = vec![0.5f32; m * k];
        let b = vec![0.25f32; k * n];
        let mut c = vec![0f32; m * n];
        let mut best = f64::MAX;
        for _ in 0..60 {
            let t = Instant::now();
            unsafe {
                gemm::gemm(
                    m,
                    n,
                    k,
                    c.as_mut_ptr(),
                    1,
                    n as isize,
                    false,
                    a.as_ptr(),
                    1,
                    k as isize,
                    b.as_ptr(),
                    1,
                    n as isize,
                    1.0f32,
                    1.0f32,
                    false,
                    false,
                    false,
                    gemm::Parallelism::None,
                );
            }
            best = best.min(t.elapsed().as_secs_f64());
        }
        println!(
            "{m} {k} {n} {:6.1} GFLOP/s",
            2e-9 * (m * n * k) as f64 / best
        );
    }
    let _ = burn::tensor::Device::flex();
}
