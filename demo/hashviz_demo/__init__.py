"""The app: retrieval in Hamming space you can touch; `hashviz_demo.app.launch` serves it."""
