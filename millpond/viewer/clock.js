/* One time for all: the slider, the play button, the keys, and who is told. */
function clock(root, duration, period) {
  const slider = root.querySelector(".slider");
  const button = root.querySelector(".play");
  const speed = root.querySelector(".speed");
  const said = root.querySelector(".now");
  const told = [];
  const changed = []; // told when playing begins or ends
  let t = 0;
  let playing = false;
  let touched = false; // until then the first play begins at the beginning
  let before = 0;

  function show(time) {
    t = Math.min(duration, Math.max(0, time));
    slider.value = t;
    slider.setAttribute("aria-valuetext", `${t.toFixed(2)} seconds`);
    said.textContent = `${t.toFixed(2)} of ${duration.toFixed(2)} s`;
    root.style.setProperty("--t", t / duration);
    for (const f of told) f(t);
  }
  function tick(now) {
    if (!playing) return;
    const passed = Math.min(100, now - before); // a page that was out of sight goes on from where it was
    show(t + (passed / 1000) * Number(speed.value));
    before = now;
    if (t >= duration) play(false);
    else requestAnimationFrame(tick);
  }
  function play(on) {
    if (on === playing) return;
    playing = on;
    button.textContent = on ? "Pause" : "Play";
    if (on) {
      if (!touched || t >= duration) show(0);
      touched = true;
      before = performance.now();
      requestAnimationFrame(tick);
    }
    for (const f of changed) f(playing, t, Number(speed.value));
  }
  function seek(time) {
    touched = true;
    play(false);
    show(time);
  }

  button.addEventListener("click", () => play(!playing));
  slider.addEventListener("input", () => seek(Number(slider.value)));
  speed.addEventListener("change", () => changed.forEach((f) => f(playing, t, Number(speed.value))));
  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    // keys that the element in focus has a use for
    const pressed = event.key === " " && event.target.closest("button, select, input:not(.slider)");
    const moved = event.key !== " " && event.target.closest("select, .turns");
    if (pressed || moved) return;
    const step = event.shiftKey ? 5 * period : period;
    const row = Math.round(t / period) * period;
    const does = {
      " ": () => play(!playing),
      ArrowRight: () => seek(row + step), ArrowUp: () => seek(row + step),
      ArrowLeft: () => seek(row - step), ArrowDown: () => seek(row - step),
      Home: () => seek(0), End: () => seek(duration),
    }[event.key];
    if (!does) return;
    event.preventDefault(); // or the page scrolls
    does();
  });
  return { show, seek, play, tell: (f) => told.push(f), tellPlaying: (f) => changed.push(f), now: () => t };
}
