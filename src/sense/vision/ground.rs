//! What lies on the bed, cell by cell: bare cloth or something on it. Coarse, but everywhere.

use super::scene::{COARSE, Scene, fine};
use crate::model::CameraPoint;

/// What a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// Beyond the nose lines.
    Outside,
    Cloth,
    /// Something that is not cloth.
    Foreign,
    /// The projector's light: it may be anything.
    Lit,
}

/// The bed of the table in square cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    /// Middle of the first cell, pixels of the picture.
    origin: CameraPoint,
    /// Side of a cell, pixels of the picture.
    cell: f64,
    columns: usize,
    cells: Vec<Cell>,
}

/// Coarse pixels from cell to cell.
const STRIDE: usize = 2;

/// Share of a ball's place that must be seen to be cloth before the ball is missed there.
const BARE: f64 = 0.75;

impl Ground {
    /// Looks at every cell of a scene.
    pub(super) fn new(scene: &Scene) -> Self {
        let (columns, rows) = (scene.coarse.width.div_ceil(STRIDE), scene.coarse.height.div_ceil(STRIDE));
        let mut cells = vec![Cell::Outside; columns * rows];
        for row in 0..rows {
            let y = row * STRIDE;
            for x in scene.columns(y, 0.0).filter(|x| x % STRIDE == 0) {
                let kind = match scene.cloth {
                    _ if scene.is_coarse_lit(x, y) => Cell::Lit,
                    Some(cloth) if cloth.matches(scene.coarse.pixel(x, y)) => Cell::Cloth,
                    _ => Cell::Foreign,
                };
                if let Some(cell) = cells.get_mut(row * columns + x / STRIDE) {
                    *cell = kind;
                }
            }
        }
        let origin = scene.to_picture(fine([0.0, 0.0]));
        Self { origin, cell: STRIDE as f64 * COARSE / scene.scale, columns, cells }
    }

    /// Whether a place where a ball of this radius may lie, pixels of the picture, is seen to be bare cloth.
    #[must_use]
    pub fn is_bare(&self, centre: CameraPoint, radius: f64) -> bool {
        let (mut all, mut cloth) = (0_u32, 0_u32);
        for (place, cell) in self.around(centre, 0.8 * radius) {
            if (place - centre).length() < 0.8 * radius {
                all += 1;
                cloth += u32::from(cell == Cell::Cloth);
            }
        }
        all > 0 && f64::from(cloth) >= BARE * f64::from(all)
    }

    fn place(&self, i: usize) -> CameraPoint {
        let (column, row) = ((i % self.columns) as f64, (i / self.columns) as f64);
        self.origin + euclid::vec2(column, row) * self.cell
    }

    /// The cells of the square around a place, with their middles.
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
