document.getElementById("root").textContent = "It runs. ".repeat(3);
