//! Requests of the rest of the program to the vision thread.

use super::{PreviewLayers, detect::FixedTable, light::LightHistory};
use billiards_table::{CameraView, Lens, TableSpec};
use billiards_vision::TableShape;
use std::{
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

/// Requests of the rest of the program to the vision thread. Locked for moments only.
#[derive(Default)]
pub(super) struct VisionRequests {
    preview: Mutex<Option<PreviewLayers>>,
    /// Set if outputs carry the picture as it was delivered.
    pub delivered: AtomicBool,
    /// Set if outputs carry the rectified picture.
    pub frames: AtomicBool,
    table: Mutex<RequestedTable>,
    shape: Mutex<TableShape>,
    lens: Mutex<Option<Lens>>,
    light: Mutex<Light>,
    mouths: Mutex<Option<MouthRequest>>,
}

/// Table whose pockets' mouths are to be measured, and the camera's view of it.
pub(super) type MouthRequest = (TableSpec, CameraView);

/// Projected light, and the delay after which the camera shows it.
#[derive(Default)]
pub(super) struct Light {
    pub history: LightHistory,
    pub latency: Option<Duration>,
}

/// Table that the detector is to use.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RequestedTable {
    /// Number of changes of the request.
    pub changes: u64,
    /// Nose-line corners to use; `None`: the detector searches for the table.
    pub fixed: Option<FixedTable>,
}

impl VisionRequests {
    pub fn new(preview: Option<PreviewLayers>) -> Self {
        Self { preview: Mutex::new(preview), ..Self::default() }
    }

    pub fn preview(&self) -> MutexGuard<'_, Option<PreviewLayers>> {
        self.preview.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn light(&self) -> MutexGuard<'_, Light> {
        self.light.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn mouths(&self) -> MutexGuard<'_, Option<MouthRequest>> {
        self.mouths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn lens(&self) -> MutexGuard<'_, Option<Lens>> {
        self.lens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn shape(&self) -> MutexGuard<'_, TableShape> {
        self.shape.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn table(&self) -> MutexGuard<'_, RequestedTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn change_table(&self, fixed: Option<FixedTable>) {
        let mut request = self.table();
        *request = RequestedTable { changes: request.changes + 1, fixed };
    }
}
