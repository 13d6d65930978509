//! Map of the bed, cell by cell: bare cloth or something on it. Coarse, but complete.

use super::{
    grids::CoarsePoint,
    scene::{COARSE, Scene, fine},
};
use billiards_table::CameraPoint;

/// Content of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// Cell beyond the nose lines.
    Outside,
    Cloth,
    /// Cell with something that is not cloth.
    Foreign,
    /// Cell with the projector's light, which may hide anything.
    Lit,
}

/// The bed of the table in square cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    /// Centre of the first cell, pixels of the picture.
    origin: CameraPoint,
    /// Side of a cell, pixels of the picture.
    cell: f64,
    columns: usize,
    cells: Vec<Cell>,
    /// Mean colour of the bare cloth, red, green, blue.
    cloth: Option<[u8; 3]>,
}

/// Distance between cells, coarse pixels.
const STRIDE: usize = 2;

/// Minimum share of a ball's place that must be visible as cloth before the ball counts as missing there.
const BARE: f64 = 0.75;

impl Ground {
    /// Classifies every cell of a scene.
    pub(super) fn new(scene: &Scene) -> Self {
        let (columns, rows) = (scene.coarse.width.div_ceil(STRIDE), scene.coarse.height.div_ceil(STRIDE));
        let mut cells = vec![Cell::Outside; columns * rows];
        let (mut bare, mut sum) = (0.0_f32, [0.0_f32; 3]);
        for row in 0..rows {
            let y = row * STRIDE;
            for x in scene.columns(y, 0.0).filter(|x| x % STRIDE == 0) {
                let kind = match scene.cloth_at_coarse(x, y) {
                    _ if scene.is_coarse_lit(x, y) => Cell::Lit,
                    Some(cloth) if cloth.matches(scene.coarse.pixel(x, y)) => Cell::Cloth,
                    _ => Cell::Foreign,
                };
                if kind == Cell::Cloth {
                    let [blue, green, red] = scene.coarse.pixel(x, y);
                    sum = [sum[0] + red, sum[1] + green, sum[2] + blue];
                    bare += 1.0;
                }
                if let Some(cell) = cells.get_mut(row * columns + x / STRIDE) {
                    *cell = kind;
                }
            }
        }
        let origin = scene.to_picture(fine(CoarsePoint::origin()));
        let cloth = (bare > 0.0).then(|| sum.map(|channel| (channel / bare).round() as u8));
        Self { origin, cell: STRIDE as f64 * COARSE / scene.scale, columns, cells, cloth }
    }

    /// Returns the mean colour of the bare cloth without the projector's light as the camera sees it, as red, green,
    /// blue; `None` if no bare cloth is visible.
    #[must_use]
    pub fn cloth(&self) -> Option<[u8; 3]> {
        self.cloth
    }

    /// Returns whether a place where a ball of this radius may lie, both in pixels of the picture, is visibly bare
    /// cloth.
    #[must_use]
    pub fn is_bare(&self, centre: CameraPoint, radius: f64) -> bool {
        let (mut all, mut cloth) = (0_u32, 0_u32);
        for (place, cell) in self.around(centre, 0.8 * radius) {
            // Cells beyond the nose line are no evidence.
            if cell != Cell::Outside && (place - centre).length() < 0.8 * radius {
                all += 1;
                cloth += u32::from(cell == Cell::Cloth);
            }
        }
        all > 0 && f64::from(cloth) >= BARE * f64::from(all)
    }

    /// Returns the wide parts of everything that is not cloth, as connected pieces: for `reach` pixels around each cell
    /// there is nothing else. The pieces are given by the centres of their cells, pixels of the picture.
    pub(super) fn wide_pieces(&self, reach: f64) -> Vec<Vec<CameraPoint>> {
        let cells = (reach / self.cell).round() as isize;
        let slant = (reach / self.cell * std::f64::consts::FRAC_1_SQRT_2).round() as isize;
        let ring = [(cells, 0), (-cells, 0), (0, cells), (0, -cells)];
        let ring = ring.into_iter().chain([(slant, slant), (slant, -slant), (-slant, slant), (-slant, -slant)]);
        let steps: Vec<isize> = ring.map(|(x, y)| y * self.columns as isize + x).collect();
        let is_foreign = |step: &isize, i: usize| {
            i.checked_add_signed(*step).and_then(|i| self.cells.get(i)) == Some(&Cell::Foreign)
        };
        let foreign = self.cells.iter().enumerate().filter(|(_, cell)| **cell == Cell::Foreign);
        let wide: Vec<usize> =
            foreign.map(|(i, _)| i).filter(|i| steps.iter().all(|step| is_foreign(step, *i))).collect();
        let mut left = vec![false; self.cells.len()];
        for i in &wide {
            left[*i] = true;
        }
        let mut pieces = Vec::new();
        for start in wide {
            if !std::mem::take(&mut left[start]) {
                continue;
            }
            let (mut piece, mut open) = (Vec::new(), vec![start]);
            while let Some(here) = open.pop() {
                piece.push(self.place(here));
                open.extend(self.neighbours(here).filter(|next| std::mem::take(&mut left[*next])));
            }
            pieces.push(piece);
        }
        pieces
    }

    /// Returns the side of a cell, pixels of the picture.
    pub(super) fn cell(&self) -> f64 {
        self.cell
    }

    fn place(&self, i: usize) -> CameraPoint {
        let (column, row) = ((i % self.columns) as f64, (i / self.columns) as f64);
        self.origin + euclid::vec2(column, row) * self.cell
    }

    /// Returns the neighbours on the left, on the right, above and below, where they exist.
    fn neighbours(&self, i: usize) -> impl Iterator<Item = usize> + use<> {
        let column = i % self.columns;
        let (columns, count) = (self.columns, self.cells.len());
        [
            (column > 0).then(|| i - 1),
            (column + 1 < columns).then_some(i + 1),
            (i >= columns).then(|| i - columns),
            (i + columns < count).then_some(i + columns),
        ]
        .into_iter()
        .flatten()
    }

    /// Returns the cells of the square around a place, with their centres.
    fn around(&self, centre: CameraPoint, reach: f64) -> impl Iterator<Item = (CameraPoint, Cell)> + '_ {
        let range = |v: f64, origin: f64, end: usize| {
            let at = |v: f64| ((v - origin) / self.cell).round().clamp(0.0, end as f64) as usize;
            at(v - reach)..(at(v + reach) + 1).min(end)
        };
        let rows = self.cells.len() / self.columns.max(1);
        let columns = range(centre.x, self.origin.x, self.columns);
        range(centre.y, self.origin.y, rows).flat_map(move |row| {
            columns.clone().map(move |column| {
                let i = row * self.columns + column;
                (self.place(i), self.cells[i])
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::{Detector, synthetic};

    #[test]
    fn the_cloths_colour_is_that_of_the_bare_bed() {
        let mut detector = Detector::new(None);
        detector.fix_table(synthetic::SIZE, synthetic::corners());
        let picture = synthetic::table(&[(300.0, 200.0, [240.0; 3]), (500.0, 300.0, [30.0, 30.0, 220.0])]);
        let ground = detector.detect(&picture).expect("seen").ground.expect("a table");
        let cloth = ground.cloth().expect("bare cloth");
        assert!(cloth.iter().zip([50_u8, 150, 70]).all(|(a, b)| a.abs_diff(b) <= 3), "{cloth:?}");
    }
}
