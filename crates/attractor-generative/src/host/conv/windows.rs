//! Windows of channels-last images, copied out and added back.

/// Geometry of square windows over images.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Windows {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
}

impl Windows {
    /// Windows down and across.
    pub(crate) fn grid(&self) -> [usize; 2] {
        [self.height, self.width]
            .map(|size| (size + 2 * self.padding - self.kernel) / self.stride + 1)
    }

    /// Windows in an image.
    pub(crate) fn count(&self) -> usize {
        let [down, across] = self.grid();
        down * across
    }

    /// Entries of a window, ordered row, column, channel.
    pub(crate) fn entries(&self) -> usize {
        self.kernel * self.kernel * self.channels
    }

    /// Entries of an image.
    pub(crate) fn image(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Copies the windows of whole images, `[images * count, entries]`; zeros outside.
    pub(crate) fn extract(&self, images: &[f32], out: &mut [f32]) {
        let per_image = self.count() * self.entries();
        for (image, out) in images
            .chunks_exact(self.image())
            .zip(out.chunks_exact_mut(per_image))
        {
            self.for_each_row(|run| {
                let out = &mut out[run.window..][..self.kernel * self.channels];
                match run.image {
                    None => out.fill(0.0),
                    Some(at) => {
                        out[..run.before].fill(0.0);
                        out[run.before..run.before + run.len]
                            .copy_from_slice(&image[at..at + run.len]);
                        out[run.before + run.len..].fill(0.0);
                    }
                }
            });
        }
    }

    /// The adjoint of [`Windows::extract`]: adds every window back onto images that start at 0.
    pub(crate) fn add_back(&self, windows: &[f32], images: &mut [f32]) {
        images.fill(0.0);
        let per_image = self.count() * self.entries();
        for (image, from) in images
            .chunks_exact_mut(self.image())
            .zip(windows.chunks_exact(per_image))
        {
            self.for_each_row(|run| {
                if let Some(at) = run.image {
                    let from = &from[run.window + run.before..][..run.len];
                    for (sum, value) in image[at..at + run.len].iter_mut().zip(from) {
                        *sum += value;
                    }
                }
            });
        }
    }

    /// Visits each row of each window: a run of `kernel * channels` entries, part of which may lie
    /// outside the image.
    fn for_each_row(&self, mut visit: impl FnMut(Run)) {
        let [down, across] = self.grid();
        let (kernel, channels) = (self.kernel, self.channels);
        for i in 0..down {
            for j in 0..across {
                let window = (i * across + j) * self.entries();
                let left = (j * self.stride) as isize - self.padding as isize;
                let first = left.clamp(0, self.width as isize) as usize;
                let last = (left + kernel as isize).clamp(0, self.width as isize) as usize;
                let before = (first as isize - left) as usize;
                for k in 0..kernel {
                    let row = (i * self.stride + k).wrapping_sub(self.padding);
                    let inside = row < self.height && first < last;
                    visit(Run {
                        window: window + k * kernel * channels,
                        image: inside.then(|| (row * self.width + first) * channels),
                        before: before * channels,
                        len: last.saturating_sub(first) * channels,
                    });
                }
            }
        }
    }
}

/// A row of a window.
struct Run {
    /// Where it starts among the windows.
    window: usize,
    /// Where its inside part starts in the image, if there is one.
    image: Option<usize>,
    /// Entries outside, on the left.
    before: usize,
    /// Entries inside.
    len: usize,
}
