//! The Table tab: type of the table, and its position in the camera's picture.

use crate::show::panel::{
    PanelAction, PanelView, TableView,
    style::{BAD, GOOD, NAME, cell, drop_down, fact, hint, section, verdict},
    table_draft::TableDraft,
};
use bevy_egui::egui::{DragValue, Ui};
use billiards_calibration::CornersOrigin;
use billiards_table::{
    MeasuredDimension, PocketMouth, TableChoice, TableDimension, TableKind, TableName, TableSpec,
    command::{ProfileCommand, SetupCommand},
};

/// Number of points of a drag that lead through the whole range of a dimension.
const DRAG: f64 = 2000.0;
/// Minimum difference of a measured mouth from the drafted one at which it is offered, millimetres.
const MIN_DIFFERENCE: f64 = 0.5;

/// Draws the tab.
pub(super) fn table_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    section(ui, "Table", |ui| {
        choice_ui(ui, &view.table, actions);
        match view.table.choice {
            TableChoice::Custom(_) => custom_ui(ui, &view.table, actions),
            TableChoice::Auto | TableChoice::Kind(_) => facts_ui(ui, &view.table.spec),
        }
    });
    section(ui, "In the picture", |ui| {
        place_ui(ui, view);
        ui.horizontal(|ui| {
            if ui.button("Find again").on_hover_text("seeks the table in the picture").clicked() {
                actions.push(SetupCommand::SeekTable.into());
            }
            if ui.button("Save profile").on_hover_text("Ctrl S").clicked() {
                actions.push(ProfileCommand::Save.into());
            }
        });
        hint(ui, "Or drag the four corners in the picture to where the nose lines meet.");
    });
    if let Some((_, corners, _)) = &view.table.corners {
        section(ui, "Corners", |ui| {
            for (name, p) in ["top left", "top right", "bottom right", "bottom left"].into_iter().zip(corners) {
                fact(ui, name, format!("{:.1}, {:.1} px", p.x, p.y));
            }
        });
    }
}

/// Shows the choice of table and, while it is estimated, the likeliest ones.
fn choice_ui(ui: &mut Ui, table: &TableView, actions: &mut Vec<PanelAction>) {
    let custom = TableSpec { kind: TableName::Custom, ..table.spec };
    let shipped = TableKind::all().map(|kind| (TableChoice::Kind(kind), kind.title().to_owned()));
    let all = [(TableChoice::Auto, "auto".to_owned())]
        .into_iter()
        .chain(shipped)
        .chain([(TableChoice::Custom(custom), TableName::CUSTOM.to_owned())]);
    let is_estimated = table.choice == TableChoice::Auto;
    let title = table.spec.title();
    let text = if is_estimated { format!("auto: {title}") } else { title };
    let chosen = drop_down(ui, "choice of table", &table.choice, &text, all);
    actions.extend(chosen.map(|wanted| SetupCommand::SetTable(wanted).into()));
    if !is_estimated {
        return;
    }
    hint(ui, &format!("This table is {}.", table.reason));
    ui.horizontal_wrapped(|ui| {
        for likely in table.likely {
            let text = format!("{}, {:.0} %", likely.kind.title(), 100.0 * likely.probability);
            if ui.button(text).on_hover_text("sets this table").clicked() {
                actions.push(SetupCommand::SetTable(TableChoice::Kind(likely.kind)).into());
            }
        }
    });
}

/// Shows the dimensions of a table.
fn facts_ui(ui: &mut Ui, spec: &TableSpec) {
    let mm = |metres: f64| format!("{:.0} mm", 1e3 * metres);
    let across = |radius: f64| format!("{:.2} mm across", 2e3 * radius);
    fact(ui, "playing surface", format!("{} × {}", mm(spec.length), mm(spec.width)));
    fact(ui, "ball", across(spec.ball_radius));
    if spec.cue_ball.radius != spec.ball_radius {
        fact(ui, "cue ball", across(spec.cue_ball.radius));
    }
    fact(ui, "nose", format!("{:.1} mm over the bed", 1e3 * spec.nose_height));
    if let Some(pockets) = &spec.pockets {
        fact(ui, "corner pocket", format!("{} wide", mm(pockets.corner.width)));
        fact(ui, "side pocket", format!("{} wide", mm(pockets.side.width)));
    }
}

/// Shows the dimensions of a custom table as fields. A possible table is put in force when the edit of a field ends.
fn custom_ui(ui: &mut Ui, table: &TableView, actions: &mut Vec<PanelAction>) {
    let mut draft = TableDraft::recall(ui.ctx(), &table.spec);
    ui.checkbox(&mut draft.pockets, "Pockets").on_hover_text("without them, a carom table");
    let mut is_edited = false;
    for dimension in TableDimension::ALL {
        is_edited |= dimension_ui(ui, &mut draft, dimension);
    }
    if draft.pockets {
        mouths_ui(ui, &mut draft, table.mouths);
    }
    match draft.edited().check() {
        Ok(()) if is_edited => {}
        Ok(()) => {
            let change = draft.take_change().map(TableChoice::Custom);
            actions.extend(change.map(|wanted| SetupCommand::SetTable(wanted).into()));
        }
        Err(error) => {
            verdict(ui, BAD, error.to_string());
            if ui.button("Discard").on_hover_text("back to the table in force").clicked() {
                draft = TableDraft::new(table.spec);
            }
        }
    }
    draft.keep(ui.ctx());
    hint(ui, "Drag a value, or click and type. The picture shows noses, pocket mouths and balls of this size.");
}

/// Shows a dimension of a custom table. Returns whether the operator is editing it.
fn dimension_ui(ui: &mut Ui, draft: &mut TableDraft, dimension: TableDimension) -> bool {
    let Some(before) = draft.millimetres(dimension) else { return false };
    let (low, high) = dimension.range(&draft.edited()).into_inner();
    let range = 1e3 * low..=1e3 * high;
    let mut shown = before;
    let field = ui.horizontal(|ui| {
        cell(ui, NAME, |ui| ui.weak(dimension.title()));
        ui.add(
            DragValue::new(&mut shown)
                .range(range.clone())
                .clamp_existing_to_range(false)
                .speed((range.end() - range.start()) / DRAG)
                .max_decimals(2)
                .update_while_editing(false)
                .suffix(" mm"),
        )
    });
    let field = field.inner.on_hover_text(format!("{:.1} to {:.1} mm", range.start(), range.end()));
    if shown != before {
        draft.set(dimension, shown);
    }
    field.dragged() || field.has_focus()
}

/// Shows the mouths of the pockets that were measured in the picture, and takes them over into the draft when asked to.
fn mouths_ui(ui: &mut Ui, draft: &mut TableDraft, mouths: &[PocketMouth]) {
    let measured = MeasuredDimension::of_mouths(mouths);
    for MeasuredDimension { id, value, uncertainty } in &measured {
        fact(ui, id.title(), format!("measured: {:.0} ± {:.0} mm", 1e3 * value, 1e3 * uncertainty));
    }
    let differs = |one: &MeasuredDimension| {
        let drafted = draft.millimetres(one.id);
        drafted.is_some_and(|millimetres| (millimetres - 1e3 * one.value).abs() >= MIN_DIFFERENCE)
    };
    if !measured.iter().any(differs) {
        return;
    }
    let each = mouths.iter().map(|mouth| format!("{}: {:.0} mm", mouth.pocket.words(), 1e3 * mouth.width));
    if ui.button("Use measured mouths").on_hover_text(each.collect::<Vec<_>>().join("\n")).clicked() {
        measured.iter().for_each(|one| draft.set(one.id, 1e3 * one.value));
    }
}

/// Shows the state of the table's detection in the picture.
fn place_ui(ui: &mut Ui, view: &PanelView) {
    let moved = view.moved();
    match (&view.table.corners, moved) {
        (Some((_, _, origin)), Some(by)) if origin.is_fixed() => {
            let cure = if *origin == CornersOrigin::Measured { "calibrate again" } else { "set the corners again" };
            verdict(ui, BAD, format!("camera or table were moved by {by:.0} pixels: {cure}"));
        }
        (Some((_, _, origin)), _) => verdict(ui, GOOD, origin.words()),
        (None, _) => {
            let why = view.sight.and_then(|sight| sight.detections.table.err());
            let why = why.map_or_else(|| "no picture yet".to_owned(), |why| why.to_string());
            verdict(ui, BAD, format!("not found: {why}; or drag the corners"));
        }
    }
}
