"""Who is near a query in Hamming space: the index, the engines behind it, and Milvus."""
