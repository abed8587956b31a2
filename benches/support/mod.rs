//! What the bench of delivery is made of.

pub mod cases;
pub mod equipment;
pub mod figures;
pub mod installation;
pub mod machine;
pub mod micro;
pub mod reference;
pub mod resting;
mod session;
pub mod sink;
pub mod texts;
