// Starts the app in the page. Nothing else lives here.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

const root = document.getElementById("root");
if (root) createRoot(root).render(<StrictMode>Pincite</StrictMode>);
