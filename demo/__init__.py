"""The app: retrieval in Hamming space you can touch. `demo.app.launch` serves it on loopback."""
