//! The database itself: migrations, the two back ends, the traps.

mod migrations;
mod races;
