//! What the checklist's forms do, for a visit: one use case each.

use model::account::Action;

use crate::{
    error::ApiError,
    flash::Flash,
    session::context::{RequestContext, closed},
};

/// An act on the first run's checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecklistAct {
    /// Says that the visitor has a copy of the master key.
    ConfirmMasterKey,
    /// Hides it for everybody.
    Hide,
    /// Shows it again.
    Show,
}

/// Does it.
pub async fn act(context: &RequestContext, act: ChecklistAct) -> Result<Flash, ApiError> {
    let permit = context.may(Action::ManageSetup)?;
    let admin = &context.admin;
    let (done, said) = match act {
        ChecklistAct::ConfirmMasterKey => (admin.confirm_master_key_copy(permit).await, Flash::Saved),
        ChecklistAct::Hide => (admin.hide_first_run(permit).await, Flash::ChecklistHidden),
        ChecklistAct::Show => (admin.show_first_run(permit).await, Flash::Saved),
    };
    done.map(|()| said).map_err(closed)
}
