// The pages work without this script. It refreshes what is in progress, counts selected versions, copies code, and
// shows the value under the mouse in the caption of a plot.
"use strict";

// The part of a page that is in progress is read again every three seconds, until it is no longer in progress.
const INTERVAL = 3000;

async function refresh() {
  const old = document.querySelector("[data-live]");
  if (!old) return;
  // A form that somebody fills, or a hidden tab, is not disturbed.
  const busy = document.hidden || document.querySelector("details.act[open]");
  if (!busy) {
    try {
      const response = await fetch(location.href, { credentials: "same-origin" });
      if (response.ok) {
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const fresh = page.getElementById(old.id);
        if (fresh) old.replaceWith(fresh);
      } else if (response.status === 401 || response.status === 403) {
        location.reload();
        return;
      }
    } catch {
      // The next refresh tries again.
    }
  }
  setTimeout(refresh, INTERVAL);
}

function countSelected(form) {
  const [least, most] = [Number(form.dataset.least), Number(form.dataset.most)];
  const button = form.querySelector("button[type=submit]");
  const text = form.querySelector("[data-count]");
  const hint = text.textContent;
  const update = () => {
    const count = form.querySelectorAll("input:checked").length;
    button.disabled = count < least || count > most;
    text.textContent = count ? `${count} selected. ${hint}` : hint;
  };
  form.addEventListener("change", update);
  update();
}

function addCopyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.append(button);
}

function readValues(figure) {
  const output = figure.querySelector("output");
  if (!output) return;
  const show = (event) => {
    const mark = event.target.closest("[data-readout]") ?? event.target.querySelector?.("[data-readout]");
    if (mark) output.textContent = mark.dataset.readout;
  };
  figure.addEventListener("pointerover", show);
  figure.addEventListener("focusin", show);
}

if (document.querySelector("[data-live]")) setTimeout(refresh, INTERVAL);
document.querySelectorAll("[data-select]").forEach(countSelected);
if (navigator.clipboard) document.querySelectorAll(".code").forEach(addCopyButton);
document.querySelectorAll("figure.readable").forEach(readValues);
