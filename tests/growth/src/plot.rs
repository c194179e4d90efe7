//! The figures as a picture.

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::coord::Shift;
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange};
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::PathElement;
use plotters::series::{DashedLineSeries, LineSeries};
use plotters::style::{BLACK, Color, RGBColor, ShapeStyle, WHITE};

use crate::Result;
use crate::figures::{Figures, SHORTEST};
use crate::rules::MOST_MEMORY;
use crate::table::thousands;

const SIZE: (u32, u32) = (1000, 430);
const FONT: &str = "sans-serif";
const MEASURED: RGBColor = RGBColor(0, 90, 181);
const RULE: RGBColor = RGBColor(200, 60, 20);
const GRID: RGBColor = RGBColor(225, 225, 225);

/// The checks on the axis of both panels; the figures lie within.
const CHECKS: [u32; 4] = [100, 1_000, 10_000, 100_000];

/// An SVG: time beside exact proportion, and memory beside its limit.
///
/// # Errors
///
/// Those of the plotting library.
pub fn draw(figures: &[Figures]) -> Result<String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (left, right) = root.split_horizontally(SIZE.0 / 2);
        let times = CHECKS.map(|checks| f64::from(checks) / f64::from(SHORTEST));
        Panel {
            title: "Time grows with the checks",
            y_title: "time, over that of 1,000 checks",
            measured: figures.iter().map(|it| (it.checks, it.time)).collect(),
            rule: CHECKS.into_iter().zip(times).collect(),
            rule_title: "exact proportion",
        }
        .draw(&left, (0.05..200.0).log_scale().with_key_points(times.to_vec()))?;
        Panel {
            title: "Peak memory does not",
            y_title: "peak memory, over that of 100 checks",
            measured: figures.iter().map(|it| (it.checks, it.peak)).collect(),
            rule: CHECKS.map(|checks| (checks, MOST_MEMORY)).to_vec(),
            rule_title: "limit",
        }
        .draw(&right, 0.0..MOST_MEMORY * 1.15)?;
        root.present()?;
    }
    Ok(svg)
}

struct Panel {
    title: &'static str,
    y_title: &'static str,
    measured: Vec<(u32, f64)>,
    rule: Vec<(u32, f64)>,
    rule_title: &'static str,
}

impl Panel {
    fn draw<Y>(self, area: &DrawingArea<SVGBackend<'_>, Shift>, y: Y) -> Result<()>
    where
        Y: AsRangedCoord<Value = f64>,
        Y::CoordDescType: ValueFormatter<f64>,
    {
        let x = (70..140_000).log_scale().with_key_points(CHECKS.to_vec());
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, (FONT, 24))
            .margin(14)
            .x_label_area_size(54)
            .y_label_area_size(76)
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .bold_line_style(GRID)
            .light_line_style(WHITE)
            .label_style((FONT, 17))
            .axis_desc_style((FONT, 18))
            .x_desc("checks")
            .y_desc(self.y_title)
            .y_labels(6)
            .x_label_formatter(&|checks| thousands(*checks))
            .y_label_formatter(&|ratio| format!("×{ratio}"))
            .draw()?;
        let (rule, measured) = (ShapeStyle::from(RULE).stroke_width(2), MEASURED.stroke_width(2));
        chart
            .draw_series(DashedLineSeries::new(self.rule, 8, 6, rule))?
            .label(self.rule_title)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], rule));
        chart
            .draw_series(LineSeries::new(self.measured, MEASURED.filled().stroke_width(2)).point_size(4))?
            .label("measured")
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], measured));
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .legend_area_size(32)
            .label_font((FONT, 17))
            .background_style(WHITE)
            .border_style(BLACK.mix(0.4))
            .draw()?;
        Ok(())
    }
}
