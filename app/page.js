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

  // Gradio listens for answers only while some are due, and misses one that was asked for just before it
  // stopped: it is heard when the next thing is asked. So then nothing is asked for, which is that.
  listening(nudge) {
    const fetched = window.fetch;
    let listens = 0;
    let asked = 0; // when the last question was taken that needed no new listening
    window.fetch = async (...given) => {
      const address = String(given[0].url ?? given[0]);
      const data = address.includes('/queue/data');
      if (data) listens += 1;
      if (data) given[0].signal?.addEventListener('abort', () => {
        listens -= 1;
        if (Date.now() - asked < 1000) setTimeout(() => { if (!listens) nudge(); }, 100);
      });
      const answer = await fetched(...given);
      if (address.includes('/queue/join')) asked = listens ? Date.now() : 0;
      return answer;
    };
  },

  // Names for what Gradio shows as a picture alone, for those who cannot see it.
  names() {
    const known = {'submit-button': 'Send', 'stop-button': 'Stop'};
    const silent = '#question button, .timebox input, .timebox button, [role=listbox]';
    const name = () => document.querySelectorAll(silent).forEach((each) => {
      if (each.ariaLabel) return;
      const field = each.closest('.block')?.querySelector('[data-testid=block-info]')?.textContent.trim() || 'Choices';
      each.ariaLabel = known[each.dataset.testid] || (each.matches('button') ? `Calendar: ${field}` : field);
    });
    new MutationObserver(name).observe(document.body, {childList: true, subtree: true});
    name();
  },

  // No second question while one is at work: Enter waits as the buttons do.
  composer() {
    this.ready();
    document.addEventListener('keydown', (event) => {
      const sends = event.key === 'Enter' && !event.shiftKey && event.target.closest('#question');
      if (!sends || !document.querySelector('.turn.working')) return;
      event.preventDefault();
      event.stopPropagation();
    }, true);
  },

  // The question that is being answered comes to the top, where its answer has room to grow.
  asking() {
    const live = document.querySelector('#live');
    const {top} = live.getBoundingClientRect();
    if (top < 0 || top > window.innerHeight / 2) live.scrollIntoView({block: 'start'});
  },

  // Back to the box, unless the reader is at something else, or it would open a keyboard on the glass.
  ready(always) {
    const at = document.activeElement;
    const elsewhere = at && at !== document.body && !at.closest('#composer');
    if (!always && (elsewhere || window.matchMedia('(hover: none)').matches)) return;
    document.querySelector('#question textarea').focus({preventScroll: !always});
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
  masthead(element, nudge) {
    this.listening(nudge);
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
