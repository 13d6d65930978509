//! Colours of white-balanced pixels: blue, green, red, with 1 for white.

/// Returns the value of a pixel: its brightest channel.
pub(super) fn brightest([b, g, r]: &[f32; 3]) -> f32 {
    b.max(*g).max(*r)
}

/// Returns the saturation of a pixel: its relative distance from grey, 0 to 1.
pub(super) fn saturation(pixel: &[f32; 3]) -> f32 {
    let [b, g, r] = pixel;
    let high = brightest(pixel).max(1e-3);
    (high - b.min(*g).min(*r)) / high
}

/// Returns the saturation as a vector in the direction of the hue.
pub(super) fn chroma([b, g, r]: [f32; 3]) -> [f32; 2] {
    let high = b.max(g).max(r).max(1e-3);
    [(r - 0.5 * (g + b)) / high, 0.866 * (g - b) / high]
}

/// Returns hue in degrees, saturation and value of a pixel given as blue, green, red.
pub(super) fn hsv(pixel: [f32; 3]) -> [f32; 3] {
    let ([a, b], value) = (chroma(pixel), brightest(&pixel));
    [b.atan2(a).to_degrees().rem_euclid(360.0), a.hypot(b).min(1.0), value.min(1.0)]
}

/// Returns the position in the cone of hue and value, where black is a point, for hue in degrees, saturation and value:
/// two coordinates of chroma along the hue, and value.
pub(crate) fn cone_of([hue, saturation, value]: [f32; 3]) -> [f32; 3] {
    let (sin, cos) = hue.to_radians().sin_cos();
    [saturation * value * cos, saturation * value * sin, value]
}

/// Returns the median of each channel; `None` for fewer than `least` pixels.
pub(super) fn median(mut pixels: Vec<[f32; 3]>, least: usize) -> Option<[f32; 3]> {
    let half = pixels.len() / 2;
    let mut channel = |c: usize| pixels.select_nth_unstable_by(half, |x, y| x[c].total_cmp(&y[c])).1[c];
    (half >= least.div_ceil(2).max(1)).then(|| [channel(0), channel(1), channel(2)])
}

/// Returns the value below which this share of the values lies; `None` if there are none.
pub(super) fn quantile(values: &mut [f32], share: f32) -> Option<f32> {
    let place = ((values.len() as f32 * share) as usize).min(values.len().checked_sub(1)?);
    Some(*values.select_nth_unstable_by(place, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::BallColour;

    #[test]
    fn hues_are_degrees_on_the_wheel() {
        for (pixel, hue) in [([0.0, 0.0, 1.0], 0.0), ([0.0, 1.0, 0.0], 120.0), ([1.0, 0.0, 0.0], 240.0)] {
            let [h, s, v] = hsv(pixel);
            assert!((h - hue).abs() < 0.1 && s > 0.99 && v == 1.0, "{h} {s} {v}");
        }
    }

    #[test]
    fn a_colour_comes_back_from_its_hue() {
        for [red, green, blue] in [[255, 0, 0], [20, 100, 70], [200, 190, 60], [10, 10, 10]] {
            let hsv = hsv([blue, green, red].map(|channel| f32::from(channel) / 255.0));
            let colour = BallColour { numbers: None, count: Some(1), name: "red".to_owned(), hsv };
            assert_eq!(colour.rgb(), [red, green, blue]);
        }
    }

    #[test]
    fn black_is_a_point_in_the_cone() {
        assert_eq!(cone_of([0.0, 1.0, 0.0]), cone_of([200.0, 0.3, 0.0]));
        assert!((cone_of([90.0, 0.5, 0.8])[1] - 0.4).abs() < 1e-6);
    }

    #[test]
    fn medians_need_enough_to_be_told() {
        assert_eq!(median(vec![[0.0, 5.0, 1.0], [1.0, 4.0, 9.0], [2.0, 3.0, 2.0]], 2), Some([1.0, 4.0, 2.0]));
        assert_eq!(median(vec![[0.0; 3]; 3], 8), None);
        assert_eq!(median(Vec::new(), 0), None);
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0], 1.0), Some(3.0));
        assert_eq!(quantile(&mut [], 0.5), None);
    }
}
