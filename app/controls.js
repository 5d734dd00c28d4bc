// Controls: names for those who cannot see Gradio's, calendars, and the choice of an index.
Object.assign(window.newsrag, {
  // Accessible names for controls that Gradio shows as icons only.
  names() {
    const known = {'submit-button': 'Send', 'stop-button': 'Stop'};
    const unnamed = '#question button, [role=listbox]';
    const name = () => {
      document.querySelectorAll('.day').forEach((each) => this.calendar(each));
      document.querySelectorAll(unnamed).forEach(nameOf);
      document.querySelectorAll('.upload-container').forEach((each) => each.removeAttribute('aria-label'));
    };
    const nameOf = (each) => {
      if (each.ariaLabel) return;
      const field = each.closest('.block')?.querySelector('[data-testid=block-info]')?.textContent.trim() || 'Choices';
      each.ariaLabel = known[each.dataset.testid] || field;
    };
    new MutationObserver(name).observe(document.body, {childList: true, subtree: true});
    name();
  },

  // The name of the index that this browser tab is about; empty: the page's own.
  index() {
    const name = sessionStorage.getItem('newsrag-index') ?? localStorage.getItem('newsrag-index') ?? '';
    sessionStorage.setItem('newsrag-index', name);
    return name;
  },

  choose(name) {
    sessionStorage.setItem('newsrag-index', name);
    localStorage.setItem('newsrag-index', name);
    location.reload();
  },

  // Choose an index, or create one.
  async indexes(element, server) {
    const {own, names} = await server.names();
    if (this.index() && !names.includes(this.index())) return this.choose(''); // it is gone
    const select = element.querySelector('select');
    names.forEach((name) => select.add(new Option(name, name, false, name === (this.index() || own))));
    select.add(new Option('New index …', ''));
    select.hidden = false;
    const dialog = element.querySelector('dialog');
    const [field, note] = [dialog.querySelector('input'), dialog.querySelector('[role=alert]')];
    select.addEventListener('change', () => {
      if (select.value) return this.choose(select.value === own ? '' : select.value);
      select.value = this.index() || own;
      dialog.showModal();
    });
    dialog.querySelector('[type=button]').addEventListener('click', () => dialog.close());
    dialog.querySelector('form').addEventListener('submit', async (event) => {
      event.preventDefault();
      const {name, problem} = await server.create(field.value);
      note.className = problem ? 'trouble' : '';
      note.textContent = problem ?? '';
      if (name) this.choose(name);
    });
  },

  // Arrow keys, Home and End go from tab to tab.
  tabs() {
    document.addEventListener('keydown', (event) => {
      if (!event.target.matches('[role=tab]')) return;
      const all = Array.from(event.target.parentElement.querySelectorAll('[role=tab]:not([hidden])'));
      const at = all.indexOf(event.target);
      const to = {ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      all[to % all.length].click();
      all[to % all.length].focus();
    });
  },

  // The browser's own calendar, which writes into the field for a day.
  calendar(block) {
    const field = block.querySelector('input, textarea');
    if (!field || block.querySelector('.calendar')) return;
    const picker = Object.assign(document.createElement('input'), {type: 'date', tabIndex: -1, ariaHidden: 'true', className: 'picker'});
    const button = Object.assign(document.createElement('button'), {type: 'button', textContent: '▾', className: 'calendar'});
    field.ariaLabel = block.querySelector('[data-testid=block-info]').textContent.trim();
    button.ariaLabel = `Calendar: ${field.ariaLabel}`;
    button.addEventListener('click', (event) => {
      event.preventDefault();
      picker.value = field.value;
      picker.showPicker();
    });
    picker.addEventListener('change', () => {
      field.value = picker.value;
      field.dispatchEvent(new Event('input', {bubbles: true}));
    });
    field.after(picker, button);
  },

  // Leave out files beyond the limits before Gradio sees them, which would refuse all of them for one.
  uploads() {
    const megabyte = 2 ** 20;
    const only = (files) => {
      const limits = document.querySelector('#limits [data-files]').dataset;
      let total = 0;
      const left = [];
      const kept = Array.from(files).filter((file, place) => {
        const large = file.size > limits.megabytes * megabyte;
        const fits = !large && place < limits.files && total + file.size <= limits.total * megabyte;
        if (fits) total += file.size;
        else left.push(`${file.name} (${large ? `${Math.ceil(file.size / megabyte)} MB` : 'too many at once'})`);
        return fits;
      });
      const more = left.length > 5 ? ` and ${left.length - 5} more` : '';
      const note = document.querySelector('#limits [role=alert]');
      note.className = left.length ? 'trouble' : '';
      note.textContent = left.length ? `Left out: ${left.slice(0, 5).join(', ')}${more}.` : '';
      const list = new DataTransfer();
      kept.forEach((file) => list.items.add(file));
      return {list, all: !left.length};
    };
    const take = (event, field, files) => {
      if (!field || !files.length || event.checked) return;
      const {list, all} = only(files);
      if (all) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      field.files = list.files;
      const again = new Event('change', {bubbles: true});
      again.checked = true;
      if (list.files.length) field.dispatchEvent(again);
      else field.value = '';
    };
    document.addEventListener('change', (event) => {
      if (event.target.matches('#files input[type=file]')) take(event, event.target, event.target.files);
    }, true);
    document.addEventListener('drop', (event) => {
      const field = event.target.closest?.('#files')?.querySelector('input[type=file]');
      take(event, field, event.dataTransfer.files);
    }, true);
  },
});
