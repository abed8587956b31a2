//! The pages for readers, and what holds for every path.

mod analyses;
mod frame;
mod limits;
mod pages;
mod sandbox;
