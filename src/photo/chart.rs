//! Numbers by day, as bars that stand on each other.

use std::sync::Once;

use charts_rs::{Align, BarChart, Color, Series};

use super::{Fonts, PhotoError, svg};

/// Bars of one kind: what they are called, their colour, and a number for each label.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// What they are called.
    pub name: String,
    /// Red, green and blue.
    pub colour: (u8, u8, u8),
    /// One for each label.
    pub values: Vec<u32>,
}

/// What a chart shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What stands above it.
    pub title: String,
    /// What stands below each bar.
    pub labels: Vec<String>,
    /// What stands on each other, from below.
    pub bars: Vec<Bars>,
}

/// Words are measured with the font that they are written in, which the crate has to know.
fn register(fonts: &Fonts) {
    static ONCE: Once = Once::new();
    let Some(family) = fonts.family else { return };
    ONCE.call_once(|| {
        let faces = fonts.all.faces().filter(|face| face.families.iter().any(|(name, _)| name == family));
        for face in faces {
            let known = fonts.all.with_face_data(face.id, |bytes, _| charts_rs::add_fonts(&[bytes]).is_ok());
            if known != Some(true) {
                tracing::debug!(family, "a font is not measured for charts");
            }
        }
    });
}

/// Draws a chart as a JPEG. Without a font for Korean there are no words.
pub(super) fn draw(chart: &Chart, fonts: &Fonts) -> Result<Vec<u8>, PhotoError> {
    register(fonts);
    let (width, height) = svg::SIZE;
    // Counts are far below what a float holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "a bar is drawn in pixels")]
    let series = |bars: &Bars| Series {
        stack: Some("all".to_owned()),
        // A bar without height is none.
        ..Series::new_nullable(
            bars.name.clone(),
            bars.values.iter().map(|value| (*value > 0).then_some(*value as f32)).collect(),
        )
    };
    let mut drawn = BarChart::new(chart.bars.iter().map(series).collect(), chart.labels.clone());
    (drawn.width, drawn.height) = (width.into(), height.into());
    drawn.series.colors = chart.bars.iter().map(|bars| bars.colour.into()).collect();
    drawn.background_color = Color { r: 247, g: 240, b: 228, a: 255 };
    drawn.margin = 40.0.into();
    drawn.title.text.clone_from(&chart.title);
    drawn.title.align = Align::Left;
    drawn.title.font.size = 40.0;
    drawn.title.height = 64.0;
    drawn.legend.font.size = 28.0;
    drawn.legend.align = Align::Right;
    drawn.x_axis.font.size = 24.0;
    drawn.x_axis.height = 56.0;
    for axis in &mut drawn.y_axis_configs {
        axis.font.size = 24.0;
    }
    if let Some(family) = fonts.family {
        family.clone_into(&mut drawn.font_family);
    } else {
        drawn.title.text.clear();
        drawn.legend.show = Some(false);
    }
    let inside = drawn.svg().map_err(|error| PhotoError::Undrawn(error.to_string()))?;
    svg::jpeg(&inside, fonts)
}
