//! What the commands print and refuse.

mod campaign;
