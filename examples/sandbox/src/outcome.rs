//! Telephone numbers that decide how a payment ends, without a browser.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::app::App;
use crate::callback::announce;
use crate::payments::Settlement::{self, Failed, Paid, Rejected, TimedOut};

/// The number, what happens in French, and the steps.
pub(crate) type Number = (&'static str, &'static str, &'static [Step]);

/// What happens, and after how many times `--pay-after`.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// The payment ends, and the callback says so in this word.
    End(Settlement, &'static str),
    /// The payment is paid, also after a timeout.
    Pay(u32),
    /// The callback says that it is paid.
    Claim(u32),
}
use Step::{Claim, End, Pay};

/// The token request of this number is refused.
pub(crate) const REFUSED: &str = "060000012";

pub(crate) const NUMBERS: [Number; 12] = [
    ("060000001", "payé, callback avec SUCCESS", &[End(Paid, "SUCCESS")]),
    ("060000002", "payé, callback avec SUCCESSFUL", &[End(Paid, "SUCCESSFUL")]),
    ("060000003", "échoué", &[End(Failed, "FAILED")]),
    ("060000004", "rejeté", &[End(Rejected, "REJECTED")]),
    ("060000005", "délai dépassé", &[End(TimedOut, "TIMEOUT")]),
    ("060000006", "payé, le callback ne vient jamais", &[Pay(1)]),
    ("060000007", "payé, le callback vient deux fois", &[Pay(1), Claim(1), Claim(1)]),
    ("060000008", "payé, le callback vient en retard", &[Pay(1), Claim(10)]),
    ("060000009", "délai dépassé, puis payé quand même", &[End(TimedOut, "TIMEOUT"), Pay(2)]),
    ("060000010", "faux callback\u{a0}: il annonce un succès, rien n’est payé", &[Claim(1)]),
    ("060000011", "reste en attente", &[]),
    (REFUSED, "token refusé, à cause du compte marchand", &[]),
];

/// Starts what the telephone number asks for.
pub(crate) fn start(app: &Arc<App>, token: &str, phone: &str) {
    let Some(&(_, _, steps)) = NUMBERS.iter().find(|(number, ..)| *number == phone) else { return };
    let (app, token) = (Arc::clone(app), token.to_owned());
    tokio::spawn(async move {
        let mut waited = 0;
        for &step in steps {
            let after = match step {
                End(..) => 1,
                Pay(after) | Claim(after) => after,
            };
            sleep(app.settings.pay_after.saturating_mul(after - waited)).await;
            waited = after;
            let Ok(_place) = app.senders.acquire().await else { return };
            let (app, token) = (Arc::clone(&app), token.clone());
            if !spawn_blocking(move || take(step, &app, &token)).await.unwrap_or_default() {
                return;
            }
        }
    });
}

/// Whether the next step may follow: not when the payment is gone, or was settled by somebody else.
fn take(step: Step, app: &App, token: &str) -> bool {
    match step {
        End(settlement, status) => {
            let ends = app.payments.settle(token, settlement, false) == Some(true);
            if ends {
                announce(app, token, settlement, status);
            }
            ends
        }
        Pay(_) => app.payments.settle(token, Paid, true) == Some(true),
        Claim(_) => app.payments.get(token).map(|_| announce(app, token, Paid, Paid.words().status)).is_some(),
    }
}
