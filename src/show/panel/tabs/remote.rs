//! The Remote tab: the browsers that watch, and the addresses for phones.

use crate::show::panel::{
    PanelView,
    style::{BAD, GOOD, choice, fact, hint, section, verdict},
};
use bevy_egui::egui::{Color32, Id, Label, Mesh, Rect, RichText, Sense, Ui, Vec2};
use billiards_server::phone::{PhoneAddresses, qr};

/// Side of a QR code, points.
const CODE: f32 = 236.0;
/// Width of the light margin around a code, in its squares: readers need it.
const QUIET: f32 = 3.0;

/// Draws the tab.
pub(super) fn remote_ui(ui: &mut Ui, view: &PanelView) {
    section(ui, "Browsers", |ui| match view.page {
        Some(page) => {
            verdict(ui, GOOD, "the page is served at");
            ui.add(Label::new(RichText::new(page).monospace().size(15.0)).wrap());
            fact(ui, "watching", view.clients.to_string());
        }
        None => verdict(ui, BAD, "the server is off: its port was taken, or it could not be started; the log says why"),
    });
    if let Some(page) = view.page {
        section(ui, "Phones", |ui| match view.phones {
            Some(phones) => phones_ui(ui, phones),
            None => {
                hint(ui, "To be seen from phones in the same network, the program is started with");
                ui.monospace("--listen 0.0.0.0:8000");
            }
        });
        section(ui, "For programs", |ui| {
            fact(ui, "health", format!("{page}api/v1/health"));
            fact(ui, "live", format!("{}api/v1/ws", page.replacen("http", "ws", 1)));
            fact(ui, "described", format!("{page}api/docs"));
        });
    }
}

fn phones_ui(ui: &mut Ui, phones: &PhoneAddresses) {
    let changes_id = Id::new("phones may change everything");
    let mut changes: bool = ui.data(|data| data.get_temp(changes_id)).unwrap_or_default();
    let kinds = [(false, "lets look".to_owned()), (true, "lets change everything".to_owned())];
    if let Some(wanted) = choice(ui, &changes, kinds) {
        changes = wanted;
        ui.data_mut(|data| data.insert_temp(changes_id, changes));
    }
    let address = if changes { &phones.operator } else { &phones.viewer };
    if let Some(rows) = qr(address) {
        code_ui(ui, &rows);
    }
    ui.add(Label::new(RichText::new(address).monospace().size(12.0)).wrap());
    hint(ui, "Point the phone's camera at the code. Who has the code gets in: show it to nobody else.");
}

/// Draws a code, dark on light whatever the panel's colours.
fn code_ui(ui: &mut Ui, rows: &[Vec<bool>]) {
    let (response, painter) = ui.allocate_painter(Vec2::splat(CODE), Sense::hover());
    painter.rect_filled(response.rect, 6.0, Color32::WHITE);
    let side = CODE / (rows.len() as f32 + 2.0 * QUIET);
    let mut dark = Mesh::default();
    for (y, row) in (0_u8..).zip(rows) {
        for (x, _) in (0_u8..).zip(row).filter(|(_, dark)| **dark) {
            let corner = response.rect.min + side * (Vec2::new(x.into(), y.into()) + Vec2::splat(QUIET));
            dark.add_colored_rect(Rect::from_min_size(corner, Vec2::splat(side)), Color32::BLACK);
        }
    }
    painter.add(dark);
}
