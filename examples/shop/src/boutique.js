// Asks for the order's state again and again, and reloads the page once it has changed.
const state = document.querySelector("main [data-state]");
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

if (state && document.querySelector("noscript")) setTimeout(look, wait);

// A button shows that it works on it. The form itself makes one order, however often it is sent.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button.setAttribute("aria-disabled", "true");
    button.textContent = form.dataset.once;
  });
}

// The page may be shown again as it was left, by the browser's back button.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
