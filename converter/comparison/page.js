// Narrows the list, and shows times in the reader's zone. Without it the page says the same, in UTC.
document.documentElement.classList.add("scripted");
let timeZone = document.documentElement.dataset.zone;
try {
  new Intl.DateTimeFormat(undefined, { timeZone });
} catch {
  timeZone = undefined;
}
for (const time of document.querySelectorAll("time")) {
  const moment = new Date(time.dateTime);
  time.title = time.textContent;
  time.textContent = moment.toLocaleString(undefined, {
    dateStyle: "medium",
    timeStyle: "medium",
    timeZone,
  });
}
const search = document.querySelector("#search");
const unequal = document.querySelector("#unequal");
const rows = [...document.querySelectorAll("details")];
const count = document.querySelector("#count");
function narrow() {
  const text = search.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    row.hidden =
      !row.dataset.task.toLowerCase().includes(text) ||
      (unequal.checked && row.dataset.verdict === "equal");
    shown += row.hidden ? 0 : 1;
  }
  count.textContent = `${shown} of ${rows.length} tasks`;
}
search.addEventListener("input", narrow);
unequal.addEventListener("change", narrow);
// Inside another page, that one has to know how high this is.
if (parent !== window) {
  const tell = () => parent.postMessage({ dag2sfnHeight: document.documentElement.offsetHeight + 24 }, "*");
  new ResizeObserver(tell).observe(document.documentElement);
}
