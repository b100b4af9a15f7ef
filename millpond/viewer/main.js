/* Put together: one clock, the sound, and each liquid with what it shows. */
const root = document.currentScript.closest(".viewer");
const facts = JSON.parse(root.querySelector(".facts").textContent);

async function main() {
  const data = await unpack(facts.contents, root.querySelector(".packed").textContent);
  const duration = facts.n_rows * facts.period;
  const ease = easel(root);
  const time = clock(root, duration, facts.period);
  const right = margin(facts.liquids);
  root.style.setProperty("--right", `${right}px`);
  const lines = strips(ease, time, duration, right);
  sound(root, ease, time, lines, facts, data);
  facts.liquids.forEach((liquid, i) => {
    const article = root.querySelectorAll(".liquid")[i];
    const figure = (selector) => article.querySelector(selector);
    const mine = {};
    for (const [name, array] of Object.entries(data)) {
      const [place, own] = name.split(".");
      if (own && Number(place) === i) mine[own] = array;
    }
    const own = `--${liquid.kind}`;
    const about = { ...liquid, period: facts.period, duration };
    if (liquid.kind === "lsm") {
      column(figure(".column"), ease, time, about, mine, own);
      spikes(figure, ease, lines, about, mine, own);
      clicks(root, time, about, mine);
    } else if (liquid.kind === "water") {
      water(figure, ease, time, about, mine, own);
    } else {
      states(figure, ease, time, lines, about, mine, own);
    }
    votes(figure, ease, time, lines, about, mine, own);
  });
  const end = root.querySelector(".end"); // the one thing that is announced: each frame would be too much
  const titles = [...root.querySelectorAll(".liquid h3")].map((h) => h.textContent);
  const said = facts.liquids.map((liquid, i) => `${titles[i]}: ${liquid.verdict.says}`).join(" ");
  time.tell((t) => { end.textContent = t >= duration - 1e-9 ? said : ""; });
  time.show(0.6 * duration); // something to look at; the first play begins at the beginning
  root.dataset.ready = "yes";
}

main().catch((error) => {
  root.querySelector(".now").textContent = `This browser cannot show the word (${error.message}).`;
  throw error;
});
