//! Edits of a custom table in the Table tab, before they are in force.

use bevy_egui::egui::{Context, Id};
use billiards_table::{TableDimension, TableSpec};

/// Edits of a custom table. They are dropped as soon as another table than the edited one is in force.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TableDraft {
    /// Table that is edited.
    base: TableSpec,
    /// Values that the operator has set, millimetres, in the order of [`TableDimension::ALL`].
    typed: [Option<f64>; TableDimension::ALL.len()],
    /// `true` if the table is to have pockets.
    pub pockets: bool,
    /// Table that was sent last.
    sent: Option<TableSpec>,
}

fn id() -> Id {
    Id::new("edits of the table")
}

impl TableDraft {
    /// Creates a draft without edits.
    pub fn new(base: TableSpec) -> Self {
        Self { base, typed: [None; TableDimension::ALL.len()], pockets: base.pockets.is_some(), sent: None }
    }

    /// Returns the edits of the table in force, which the panel remembers from frame to frame.
    pub fn recall(context: &Context, in_force: &TableSpec) -> Self {
        let kept: Option<Self> = context.data(|data| data.get_temp(id()));
        kept.filter(|kept| kept.base == *in_force).unwrap_or_else(|| Self::new(*in_force))
    }

    /// Has the panel remember the edits.
    pub fn keep(self, context: &Context) {
        context.data_mut(|data| data.insert_temp(id(), self));
    }

    /// Returns the table with the edits.
    pub fn edited(&self) -> TableSpec {
        let mut table = self.base;
        table.set_pockets(self.pockets);
        for (dimension, typed) in TableDimension::ALL.into_iter().zip(self.typed) {
            if let Some(millimetres) = typed {
                dimension.set(&mut table, millimetres / 1e3);
            }
        }
        table
    }

    /// Returns a dimension of the table with the edits, millimetres; `None` for pockets that it lacks.
    pub fn millimetres(&self, dimension: TableDimension) -> Option<f64> {
        let metres = dimension.of(&self.edited())?;
        Some(self.typed[dimension as usize].unwrap_or(1e3 * metres))
    }

    /// Sets a dimension, millimetres.
    pub fn set(&mut self, dimension: TableDimension, millimetres: f64) {
        self.typed[dimension as usize] = Some(millimetres);
    }

    /// Returns the table with the edits, once, if they change anything.
    pub fn take_change(&mut self) -> Option<TableSpec> {
        let edited = self.edited();
        let is_new = edited != self.base && self.sent != Some(edited);
        is_new.then(|| *self.sent.insert(edited))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{TableKind, TableName};

    #[test]
    fn edits_change_what_was_set_and_are_taken_once() {
        let base = TableSpec { kind: TableName::Custom, ..TableKind::NINE_FOOT.spec() };
        let mut draft = TableDraft::new(base);
        assert_eq!((draft.edited(), draft.take_change()), (base, None));
        draft.set(TableDimension::Length, 2400.0);
        draft.set(TableDimension::BallDiameter, 52.5);
        let edited = draft.edited();
        assert!((edited.length - 2.4).abs() < 1e-12 && edited.width == base.width);
        let cue_ball = draft.millimetres(TableDimension::CueBallDiameter).expect("a cue ball");
        assert!((cue_ball - 52.5).abs() < 1e-9, "the cue ball follows: {cue_ball}");
        assert_eq!((draft.take_change(), draft.take_change()), (Some(edited), None));
        draft.pockets = false;
        assert_eq!(draft.millimetres(TableDimension::SideWidth), None);
        assert_eq!(draft.take_change().map(|table| table.pockets), Some(None));
        draft.pockets = true;
        assert_eq!(draft.edited(), edited, "the pockets come back as they were");
    }

    #[test]
    fn edits_of_another_table_are_forgotten() {
        let context = Context::default();
        let [seven, nine] = [TableKind::SEVEN_FOOT, TableKind::NINE_FOOT].map(TableKind::spec);
        let mut draft = TableDraft::recall(&context, &seven);
        draft.set(TableDimension::Width, 1000.0);
        draft.clone().keep(&context);
        assert_eq!(TableDraft::recall(&context, &seven), draft);
        assert_eq!(TableDraft::recall(&context, &nine), TableDraft::new(nine));
    }
}
