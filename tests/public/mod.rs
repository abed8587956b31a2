//! The pages for readers, and what holds for every path.

mod analyses;
mod frame;
mod hostile;
mod leaving;
mod limits;
mod pages;
mod preferences;
mod sandbox;
mod signup;
