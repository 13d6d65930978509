//! Picture of the projector: the overlay, a calibration pattern, a test card, or the check of the calibration.

use bevy::prelude::Resource;
use billiards_overlay::PointsPicture;
use billiards_table::{PatternPicture, TestCard};

/// Picture that is projected. While the light is switched off, it is black whatever this says.
#[derive(Resource, Debug, Clone, PartialEq, Default)]
pub enum Picture {
    /// The aimed shot.
    #[default]
    Overlay,
    /// A pattern in pixels of the projector, independent of the calibration.
    Pattern(PatternPicture),
    /// A test card for setting up the projector, in pixels of the projector.
    Card(TestCard),
    /// Rings around all balls, nose lines, diamonds and pockets, at their positions according to the calibration.
    Check,
    /// The points that are set by hand, in pixels of the projector.
    Points(PointsPicture),
}

impl Picture {
    /// Returns whether the picture is drawn in table metres; otherwise it is in pixels of the projector.
    #[must_use]
    pub fn is_on_table(&self) -> bool {
        matches!(self, Self::Overlay | Self::Check)
    }

    /// Returns the test card after this picture, or the overlay after the last card. Patterns stay, so that a
    /// calibration is not disturbed.
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

    /// Returns the check of the calibration, or the overlay if this is the check. Patterns stay, so that a calibration
    /// is not disturbed.
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
    use billiards_table::FrameSize;

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
