//! `/v1/customers`.

use super::lists::{page, same};
use super::params::{Kind, Params, merged};
use super::{Answered, Call};
use crate::sandbox::stripe::json::Json;
use crate::sandbox::stripe::objects::customer;
use crate::sandbox::stripe::run::Run;

const ADDRESS: Params = &[
    ("city", Kind::Text),
    ("country", Kind::Text),
    ("line1", Kind::Text),
    ("line2", Kind::Text),
    ("postal_code", Kind::Text),
    ("state", Kind::Text),
];
pub const FIELDS: Params = &[
    ("address", Kind::Object(ADDRESS)),
    ("description", Kind::Text),
    ("email", Kind::Text),
    ("metadata", Kind::Metadata),
    ("name", Kind::Text),
    ("phone", Kind::Text),
    ("preferred_locales", Kind::List(&Kind::Text)),
];
pub const LIST: Params = &[("email", Kind::Text)];

pub fn create(run: &mut Run<'_>, call: &Call) -> Answered {
    let customer = customer::customer(&call.params, run.seconds())?;
    run.add(&customer)?;
    run.emit("customer.created", &customer)?;
    Ok(customer.into())
}

pub fn update(run: &mut Run<'_>, call: &Call) -> Answered {
    let mut customer = run.named("customer", &call.id, "id")?;
    let mut before = serde_json::json!({});
    for field in customer::SETTABLE {
        let given = call.params.get_at(field);
        if !given.is_null() && given != customer.get_at(field) {
            before.put(field, customer.get_at(field).clone());
            customer.put(field, given.clone());
        }
    }
    customer.put("metadata", merged(customer.get_at("metadata"), call.params.get_at("metadata")));
    run.save(&customer)?;
    run.emit_change("customer.updated", &customer, before)?;
    Ok(customer.into())
}

pub fn retrieve(run: &mut Run<'_>, call: &Call) -> Answered {
    Ok(run.named("customer", &call.id, "id")?.into())
}

pub fn list(run: &mut Run<'_>, call: &Call) -> Answered {
    let page = page(run, call, "customer", "/v1/customers", |customer| same(customer, "email", call, "email"))?;
    Ok(page.into())
}
