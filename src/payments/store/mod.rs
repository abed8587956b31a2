//! Rows of the inbox and of the commands.

mod desk;
mod work;

pub use desk::*;
pub use work::*;
