"use strict";
// A picture of the map for paper: light, of a width of its own, and drawn at once, before the page is printed.
const geobiasPaper = (() => {
  const WIDTH = 2000;
  const CORNERS = [30, 90, 150, 210, 270, 330].map((angle) => (angle * Math.PI) / 180);

  function draw(canvas, { window, shapes, cells, circles, numbers, chosen, colours, colourOf }) {
    const scale = WIDTH / (window.right - window.left);
    canvas.width = WIDTH;
    canvas.height = Math.round(scale * (window.top - window.bottom));
    const pen = canvas.getContext("2d");
    const across = (x) => (x - window.left) * scale;
    const down = (y) => (window.top - y) * scale;

    function trace({ xs, ys }) {
      pen.beginPath();
      xs.forEach((along, line) => {
        along.forEach((x, at) => {
          pen[at === 0 ? "moveTo" : "lineTo"](across(x), down(ys[line][at]));
        });
      });
    }

    function hexagon(x, y, radius) {
      pen.beginPath();
      for (const angle of CORNERS) {
        pen.lineTo(across(x + radius * Math.cos(angle)), down(y + radius * Math.sin(angle)));
      }
      pen.closePath();
    }

    pen.fillStyle = colours.sea;
    trace(shapes.sea);
    pen.fill();
    pen.fillStyle = colours.land;
    trace(shapes.land);
    pen.fill();
    pen.lineWidth = 1;
    cells.x.forEach((x, cell) => {
      hexagon(x, cells.y[cell], cells.radius[cell]);
      const value = cells.values[cell];
      if (value === null) {
        pen.strokeStyle = colours.empty;
      } else {
        pen.globalAlpha = cells.alpha[cell];
        pen.fillStyle = colourOf(value);
        pen.fill();
        pen.globalAlpha = 1;
        pen.strokeStyle = colours.edge;
      }
      pen.stroke();
    });
    pen.strokeStyle = colours.border;
    trace(shapes.borders);
    pen.stroke();
    for (const [colour, width] of [[colours.paper, 8], [colours.ink, 3]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      trace(circles);
      pen.stroke();
    }
    pen.font = "bold 28px sans-serif";
    pen.textAlign = "center";
    pen.fillStyle = colours.ink;
    pen.strokeStyle = colours.paper;
    pen.lineWidth = 6;
    numbers.number.forEach((number, at) => {
      const place = [across(numbers.x[at]), down(numbers.y[at]) - 5];
      pen.strokeText(number, ...place);
      pen.fillText(number, ...place);
    });
    pen.strokeStyle = colours.chosen;
    pen.lineWidth = 5;
    chosen.x.forEach((x, at) => {
      hexagon(x, chosen.y[at], chosen.radius[at]);
      pen.stroke();
    });
  }

  return { draw };
})();
