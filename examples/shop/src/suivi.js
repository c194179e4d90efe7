// Asks for the order's state again and again, and reloads the page once it has changed.
const state = document.querySelector("[data-state]");
let wait = 1000;

async function look() {
  try {
    const answer = await fetch(`${location.pathname}/etat`, { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== state.dataset.state) {
      location.reload();
      return;
    }
  } catch {
    // No network: try again later.
  }
  wait = Math.min(wait * 1.3, 30000);
  setTimeout(look, wait);
}

if (state) setTimeout(look, wait);
