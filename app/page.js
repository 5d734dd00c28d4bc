// What the page does by itself, without asking the server: open the reader, copy, save, light and dark.
window.newsrag = {
  turnText(turn) {
    const answer = turn.querySelector('.answer, .refusal-title').cloneNode(true);
    answer.querySelectorAll('.cite').forEach((mark) => mark.replaceWith(` [${mark.textContent}]`));
    return `${turn.querySelector('.question').textContent}\n\n${answer.textContent.trim()}\n`;
  },

  async copyTurn(button) {
    const said = button.textContent;
    try {
      await navigator.clipboard.writeText(this.turnText(button.closest('.turn')));
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'The browser does not allow copying here';
    }
    setTimeout(() => { button.textContent = said; }, 2000);
  },

  save(parcel) {
    if (!parcel || !parcel.text) return;
    const address = URL.createObjectURL(new Blob([parcel.text], {type: parcel.type}));
    const link = document.createElement('a');
    link.href = address;
    link.download = parcel.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  },

  showPanel() {
    if (window.matchMedia('(max-width: 760px)').matches) {
      document.querySelector('#panel').scrollIntoView({behavior: 'smooth'});
    }
  },

  // A click on a mark, a card or a title anywhere in the page opens the article there.
  reader(element, server) {
    const dialog = element.querySelector('dialog');
    const body = element.querySelector('.reader-body');
    document.addEventListener('click', async (event) => {
      const opener = event.target.closest('button[data-article]');
      if (!opener) return;
      const {article, start, end} = opener.dataset;
      body.innerHTML = '<p class="quiet">Opening …</p>';
      if (!dialog.open) dialog.showModal();
      try {
        body.innerHTML = await server.read_article({article, start: Number(start), end: Number(end)});
      } catch {
        body.innerHTML = '<p class="trouble">The article could not be fetched. Is the server still running?</p>';
      }
      const quote = body.querySelector('#quote');
      if (quote) quote.scrollIntoView({block: 'center'});
      else body.scrollTop = 0;
    });
    element.querySelector('.reader-close').addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  },

  // System setting first; the button overrides it and is remembered.
  masthead(element) {
    const key = 'newsrag-theme';
    const apply = (dark) => document.body.classList.toggle('dark', dark);
    const told = localStorage.getItem(key);
    if (told) apply(told === 'dark');
    element.querySelector('.theme-switch').addEventListener('click', () => {
      const dark = !document.body.classList.contains('dark');
      apply(dark);
      localStorage.setItem(key, dark ? 'dark' : 'light');
    });
  },
};
