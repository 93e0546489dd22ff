// What is wider than its box scrolls, and whoever has no mouse must be able to scroll it: it takes the focus.
addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  const mend = () =>
    document.querySelectorAll(".llmf.wide, mjx-container[display=true]").forEach((box) => {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  mend();
  addEventListener("resize", mend);
});
