//! What the projector throws: the overlay, a pattern for calibration, a test card, or the check of the calibration.

use super::points::PointsPicture;
use crate::model::PatternPicture;
use bevy::prelude::Resource;
use billiards_table::TestCard;

/// The picture that is thrown. With the light switched off it is black whatever this says.
#[derive(Resource, Debug, Clone, PartialEq, Default)]
pub enum Picture {
    /// The aimed shot.
    #[default]
    Overlay,
    /// A pattern in pixels of the projector, whatever the calibration says.
    Pattern(PatternPicture),
    /// A card to set up the projector with, in pixels of the projector.
    Card(TestCard),
    /// Rings round every ball, nose lines, diamonds and pockets, where the calibration says that they are.
    Check,
    /// The points that are set by hand, in pixels of the projector.
    Points(PointsPicture),
}

impl Picture {
    /// Whether it is drawn in table metres; else in pixels of the projector.
    #[must_use]
    pub fn is_on_table(&self) -> bool {
        matches!(self, Self::Overlay | Self::Check)
    }

    /// The test card after this picture; after the last, the overlay again. A calibration at work is not disturbed.
    #[must_use]
    pub fn next_card(&self) -> Self {
        let mut cards = TestCard::ALL.into_iter();
        match self {
            Self::Pattern(_) => self.clone(),
            Self::Overlay | Self::Check | Self::Points(_) => Self::Card(TestCard::Grid),
            Self::Card(card) => {
                cards.find(|other| other == card);
                cards.next().map_or(Self::Overlay, Self::Card)
            }
        }
    }

    /// To the check of the calibration and back. A calibration at work is not disturbed.
    #[must_use]
    pub fn toggled_check(&self) -> Self {
        match self {
            Self::Pattern(_) => self.clone(),
            Self::Check => Self::Overlay,
            Self::Overlay | Self::Card(_) | Self::Points(_) => Self::Check,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrameSize;

    #[test]
    fn a_key_steps_through_the_cards_and_back_to_the_overlay() {
        let mut picture = Picture::Overlay;
        let mut seen = Vec::new();
        for _ in 0..6 {
            picture = picture.next_card();
            seen.push(picture.clone());
        }
        assert_eq!(seen[..5], TestCard::ALL.map(Picture::Card));
        assert_eq!(seen[5], Picture::Overlay);
        assert_eq!(
            (Picture::Overlay.toggled_check(), Picture::Check.toggled_check()),
            (Picture::Check, Picture::Overlay)
        );
    }

    #[test]
    fn no_key_disturbs_a_calibration() {
        let pattern = Picture::Pattern(PatternPicture::even(FrameSize { width: 640, height: 360 }, 128));
        assert_eq!((pattern.next_card(), pattern.toggled_check()), (pattern.clone(), pattern.clone()));
    }
}
