// Gradio's controls: names for those who cannot see them, and calendars.
Object.assign(window.newsrag, {
  // Accessible names for controls that Gradio shows as icons only.
  names() {
    const known = {'submit-button': 'Send', 'stop-button': 'Stop'};
    const unnamed = '#question button, [role=listbox]';
    const name = () => {
      document.querySelectorAll('.day').forEach((each) => this.calendar(each));
      document.querySelectorAll(unnamed).forEach(nameOf);
    };
    const nameOf = (each) => {
      if (each.ariaLabel) return;
      const field = each.closest('.block')?.querySelector('[data-testid=block-info]')?.textContent.trim() || 'Choices';
      each.ariaLabel = known[each.dataset.testid] || field;
    };
    new MutationObserver(name).observe(document.body, {childList: true, subtree: true});
    name();
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
});
