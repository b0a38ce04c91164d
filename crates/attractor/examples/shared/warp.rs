//! Square images seen through maps of places.

/// What a pixel at `(x, y)`, in pixels, shows: between pixels by linear interpolation, beyond the edge its end.
pub(crate) fn sample(plane: &[f32], side: usize, x: f32, y: f32) -> f32 {
    let last = (side - 1) as f32;
    let (x, y) = (x.clamp(0.0, last), y.clamp(0.0, last));
    let (left, top) = (x.floor() as usize, y.floor() as usize);
    let (right, bottom) = ((left + 1).min(side - 1), (top + 1).min(side - 1));
    let (across, down) = (x.fract(), y.fract());
    let row =
        |row: usize| plane[row * side + left] * (1.0 - across) + plane[row * side + right] * across;
    row(top) * (1.0 - down) + row(bottom) * down
}

/// A square image whose pixel at a place shows what another place does.
pub(crate) fn warped(
    image: &[f32],
    side: usize,
    place: impl Fn(f32, f32) -> (f32, f32),
) -> Vec<f32> {
    let planes = image.chunks_exact(side * side);
    let one = |plane: &[f32]| {
        let pixel = |at: usize| {
            let (x, y) = place((at % side) as f32, (at / side) as f32);
            sample(plane, side, x, y)
        };
        (0..side * side).map(pixel).collect::<Vec<f32>>()
    };
    planes.flat_map(one).collect()
}

/// Turned by so many degrees around the middle.
pub(crate) fn turned(image: &[f32], side: usize, degrees: f32) -> Vec<f32> {
    let middle = (side - 1) as f32 / 2.0;
    let (sine, cosine) = degrees.to_radians().sin_cos();
    warped(image, side, |x, y| {
        let (x, y) = (x - middle, y - middle);
        (
            middle + cosine * x - sine * y,
            middle + sine * x + cosine * y,
        )
    })
}

/// The part that is `share` of the side, blown up: the middle, moved by so many pixels.
pub(crate) fn cropped(image: &[f32], side: usize, share: f32, by: (f32, f32)) -> Vec<f32> {
    let middle = (side - 1) as f32 / 2.0;
    warped(image, side, |x, y| {
        (
            middle + by.0 + share * (x - middle),
            middle + by.1 + share * (y - middle),
        )
    })
}
