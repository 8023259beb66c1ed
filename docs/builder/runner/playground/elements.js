// Elements of a page, from their names, properties and children.
export const made = (name, properties = {}, ...children) => {
  const { aria = {}, ...rest } = properties;
  const found = Object.assign(document.createElement(name), rest);
  for (const [key, value] of Object.entries(aria)) found.setAttribute(`aria-${key}`, value);
  found.append(...children);
  return found;
};
