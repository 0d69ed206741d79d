//! Re-cutting a stream into pieces of one length.

/// Takes samples in any lengths and gives them out in pieces of exactly `N`.
#[derive(Clone, Debug)]
pub struct Framer<const N: usize> {
    piece: [f32; N],
    filled: usize,
}

impl<const N: usize> Default for Framer<N> {
    fn default() -> Self {
        Self { piece: [0.0; N], filled: 0 }
    }
}

impl<const N: usize> Framer<N> {
    /// Adds samples; `take` gets each piece that became whole.
    pub fn push(&mut self, mut samples: &[f32], mut take: impl FnMut(&[f32; N])) {
        while !samples.is_empty() {
            let count = samples.len().min(N - self.filled);
            let (head, rest) = samples.split_at(count);
            self.piece[self.filled..self.filled + count].copy_from_slice(head);
            self.filled += count;
            samples = rest;
            if self.filled == N {
                self.filled = 0;
                take(&self.piece);
            }
        }
    }

    /// Samples that wait for the rest of their piece.
    pub fn waiting(&self) -> usize {
        self.filled
    }

    /// Gives out what waits, filled up with silence, and how much of it is sound.
    pub fn finish(&mut self) -> Option<(&[f32; N], usize)> {
        let filled = std::mem::take(&mut self.filled);
        if filled == 0 {
            return None;
        }
        self.piece[filled..].fill(0.0);
        Some((&self.piece, filled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_stream_whatever_its_cuts() {
        let stream: Vec<f32> = (0..1_000).map(|n| n as f32).collect();
        for cut in [1, 3, 4, 7, 320, 1_000] {
            let mut framer = Framer::<4>::default();
            let mut out = Vec::new();
            for part in stream[..998].chunks(cut) {
                framer.push(part, |piece| out.extend_from_slice(piece));
            }
            assert_eq!(out, stream[..996], "cut {cut}");
            assert_eq!(framer.waiting(), 2);
            assert_eq!(framer.finish(), Some((&[996.0, 997.0, 0.0, 0.0], 2)));
            assert_eq!(framer.finish(), None);
        }
    }
}
