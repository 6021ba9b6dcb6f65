mod evaluation;
mod rule;
mod template;
pub use template::{StackTemplate, TemplateError, long_form};
