// temporary
use attractor_core::{Backend, check};
use attractor_datasets::Split;
use attractor_datasets::clevr::Generator;
use attractor_evaluation::segmentation::foreground_adjusted_rand_index;
use attractor_generative::Monet;
fn main() {
    let path = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let n: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let device = Backend::Flex.open().unwrap();
    let model = Monet::read(&path, 4, &device).unwrap().freeze().unwrap();
    let generator = Generator {
        objects: [3, 3],
        seed: 1,
        ..Generator::default()
    };
    let set = generator.generate(Split::Train, n).unwrap();
    let masks = set.masks.unwrap();
    let cols = generator.view.size.1;
    let crop = |planes: &[u8]| -> Vec<u8> {
        planes
            .chunks_exact(cols)
            .flat_map(|r| &r[..64])
            .copied()
            .collect()
    };
    let mut rows = Vec::new();
    for i in 0..n {
        rows.push((
            crop(set.images.image(i).unwrap()),
            crop(&masks[i * 64 * cols..][..64 * cols]),
        ));
    }
    let mut all = Vec::new();
    for (i, (image, truth)) in rows.iter().enumerate() {
        let data: Vec<f32> = image.iter().map(|v| f32::from(*v) / 255.0).collect();
        let m = check::to_host(
            model
                .attention_masks(check::from_host("x", data, 12288, &device).unwrap())
                .unwrap(),
        )
        .unwrap();
        let win: Vec<usize> = (0..4096)
            .map(|p| {
                (0..4)
                    .max_by(|a, b| m[a * 4096 + p].total_cmp(&m[b * 4096 + p]))
                    .unwrap()
            })
            .collect();
        let t: Vec<usize> = truth.iter().map(|v| *v as usize).collect();
        let mut table = [[0usize; 4]; 4];
        for (a, b) in t.iter().zip(&win) {
            table[*a][*b] += 1;
        }
        let seen = (1..4)
            .filter(|k| table[*k].iter().sum::<usize>() > 0)
            .count();
        if seen < 2 {
            continue;
        }
        let ari = foreground_adjusted_rand_index(&t, &win, 0).unwrap();
        all.push((ari, i, table));
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mean = all.iter().map(|a| a.0).sum::<f64>() / all.len() as f64;
    println!("{} scenes mean {mean:.4}", all.len());
    for (ari, i, table) in &all {
        let s = &set.scenes[*i];
        print!("{ari:.3} #{i} ");
        for k in 1..4 {
            let o = &s.objects[k - 1];
            print!(
                "| {:?} {:?} {:?} {:?} {:?} ",
                o.size, o.color, o.material, o.shape, table[k]
            );
        }
        println!("| bg {:?}", table[0]);
    }
}
