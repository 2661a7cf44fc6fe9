"""What a site adds to a tree below `host_injections`: full CUDA and cuDNN, and links to its NVIDIA driver."""
