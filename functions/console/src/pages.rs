//! The pages of the console: HTML that the function renders itself.
