//! The font of the pictures. A Lambda function has no fonts of its own.

use std::sync::OnceLock;

use plotters::style::{FontStyle, register_font};

use crate::ChartError;

/// Name under which the drawing library knows the font.
pub(crate) const NAME: &str = "sans-serif";

const REGULAR: &[u8] = include_bytes!("../fonts/Roboto-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/Roboto-Bold.ttf");

/// Gives the font to the drawing library, once for the process.
pub(crate) fn register() -> Result<(), ChartError> {
    static READABLE: OnceLock<bool> = OnceLock::new();
    let register = |style, bytes| register_font(NAME, style, bytes).is_ok();
    let is_readable = *READABLE.get_or_init(|| register(FontStyle::Normal, REGULAR) && register(FontStyle::Bold, BOLD));
    if is_readable { Ok(()) } else { Err(ChartError::Drawing("the font cannot be read".to_owned())) }
}
